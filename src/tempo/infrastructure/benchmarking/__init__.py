"""What a speed study is measured against: the model without TEMPO, and the memory."""
