# An example to change: project ids are unique in all of Google Cloud. variables*.tf say what else there is.
environment = "staging"
project_id  = "acme-workwright-staging"
