"""The service in the shapes of the OpenAI API, for clients that speak them."""
