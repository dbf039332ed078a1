"""The API for people and programs: neutral requests in, neutral replies out; `functions/api` puts it on HTTP."""
