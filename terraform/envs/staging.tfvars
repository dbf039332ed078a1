environment  = "staging"
project_id   = "workwright-staging"
alert_emails = ["operations@example.com"]
