"""The Notion simulator: REST API, OAuth, webhooks and a page for people, written from Notion's documents."""
