# The whole, with everything that can be left out: load balancer, pipeline, budget.

mock_provider "google" {
  mock_data "google_project" {
    defaults = {
      number = "123456789012"
    }
  }
}
mock_provider "time" {}

variables {
  project_id = "acme-workwright"
  bundles = {
    for name in ["api", "deploy", "execute-step", "forge-webhook", "notify", "notion-webhook", "oauth-callback", "plan", "sweep", "sync"] :
    name => "${name}/${sha256(name)}.zip"
  }
  environment = "production"
}

run "everything" {
  command = plan

  variables {
    alert_emails      = ["operations@example.com"]
    billing_account   = "012345-6789AB-CDEF01"
    runner_project_id = "acme-workwright-runner"
    code_runner_image = "europe-west1-docker.pkg.dev/acme-workwright-runner/code-runner/code-runner@sha256:${sha256("image")}"
    edge              = { domain = "work.example.com", dns_zone = "example" }
    repository        = { forge = "github", id = "987654321", owner_id = "1234567", connection = "projects/acme-workwright/locations/europe-west1/connections/forge/repositories/workwright" }
  }

  assert {
    condition     = output.urls["oauth-callback"] == "https://oauth-callback.work.example.com" && output.public_url == "https://work.example.com"
    error_message = "People and providers are sent to the edge."
  }

  assert {
    condition     = strcontains(output.urls["plan"], ".run.app")
    error_message = "The queue calls functions at their own addresses."
  }

  assert {
    condition     = local.public_ingress == "ALLOW_INTERNAL_AND_GCLB"
    error_message = "With an edge nothing reaches a door beside it."
  }

  assert {
    condition     = toset(keys(google_project_service.operations)) == toset(["billingbudgets.googleapis.com", "compute.googleapis.com", "dns.googleapis.com", "iamcredentials.googleapis.com", "pubsub.googleapis.com", "sts.googleapis.com"])
    error_message = "What is used is switched on."
  }
}

run "production_tells_somebody" {
  command = plan

  expect_failures = [var.alert_emails]
}
