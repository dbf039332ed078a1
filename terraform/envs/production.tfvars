environment  = "production"
project_id   = "workwright-production"
alert_emails = ["operations@example.com"]
