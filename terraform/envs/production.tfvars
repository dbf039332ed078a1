environment = "production"
project_id  = "workwright-production"
