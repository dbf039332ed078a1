"""Notion, in parts that do not drag each other in: client, blocks, reading, values, markdown, webhook."""
