"""`workwright eval`: how good a model is at pages of people, by what came of them; see docs/guides/evaluation.md."""
