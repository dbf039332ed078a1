"""Amazon SES, which sends our mail: its client."""
