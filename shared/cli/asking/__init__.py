"""What the terminal says of how Notion is asked."""
