# An example to change: project ids are unique in all of Google Cloud. variables*.tf say what else there is.
environment  = "production"
project_id   = "acme-workwright"
alert_emails = ["operations@acme.example"]
