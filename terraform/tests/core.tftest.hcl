# The plan of both environments with no provider behind it. Longer comparisons are in tests/terraform.

mock_provider "google" {
  mock_data "google_project" {
    defaults = {
      number = "123456789012"
    }
  }
}

mock_provider "time" {}

variables {
  project_id   = "acme-workwright"
  alert_emails = ["operations@example.com"]
  bundles = {
    for name in ["api", "deploy", "execute-step", "forge-webhook", "notify", "notion-webhook", "oauth-callback", "plan", "sweep", "sync"] :
    name => "${name}/${sha256(name)}.zip"
  }
}

run "staging" {
  command = plan

  variables {
    environment = "staging"
  }

  assert {
    condition     = length(module.function) == 10
    error_message = "Ten functions, each with its own account."
  }
}

run "production" {
  command = plan

  variables {
    environment = "production"
  }

  assert {
    condition     = length(module.function) == 10
    error_message = "Ten functions, each with its own account."
  }
}
