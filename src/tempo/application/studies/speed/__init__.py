"""What a step costs, beside what the same model costs without TEMPO."""
