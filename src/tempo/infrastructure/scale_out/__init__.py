"""More than one process, or machine, by Ray, which nothing else imports."""
