"""Everything the functions share: `core` decides, `app` records, `integrations` and `backends` touch the world."""
