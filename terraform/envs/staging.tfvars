environment = "staging"
project_id  = "workwright-staging"
