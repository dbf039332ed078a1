# Who plans and who applies. The planner reads what there is and no contents: no page, no secret's value, no log. The deployer
# changes what there is; it reads no data either, and may give accounts the roles of one list and no others. Who may change roles and
# accounts can still get further by detours: so nothing but the build of a plan, approved in production, acts as it.

locals {
  planner_roles = toset(concat([
    "roles/artifactregistry.reader",
    "roles/cloudbuild.builds.viewer",
    "roles/cloudfunctions.viewer",
    "roles/cloudkms.viewer",
    "roles/cloudscheduler.viewer",
    "roles/cloudtasks.viewer",
    "roles/iam.roleViewer",
    "roles/iam.securityReviewer",
    "roles/iam.serviceAccountViewer",
    "roles/iam.workloadIdentityPoolViewer",
    "roles/logging.logWriter",
    "roles/monitoring.viewer",
    "roles/run.viewer",
    "roles/secretmanager.viewer",
    "roles/serviceusage.serviceUsageConsumer",
  ], var.edge ? ["roles/compute.viewer", "roles/dns.reader"] : []))

  deployer_roles = toset(concat([
    "roles/artifactregistry.admin",
    "roles/cloudbuild.builds.editor",
    "roles/cloudfunctions.developer",
    "roles/cloudkms.admin",
    "roles/cloudscheduler.admin",
    "roles/cloudtasks.queueAdmin",
    "roles/iam.roleAdmin",
    "roles/iam.serviceAccountAdmin",
    "roles/iam.workloadIdentityPoolAdmin",
    "roles/logging.configWriter",
    "roles/logging.logWriter",
    "roles/monitoring.editor",
    "roles/run.admin",
    "roles/serviceusage.serviceUsageAdmin",
  ], var.edge ? ["roles/compute.loadBalancerAdmin", "roles/compute.securityAdmin", "roles/dns.admin"] : []))

  # where Google's roles hold more than the outside of things
  reads = [
    "datastore.backupSchedules.get",
    "datastore.backupSchedules.list",
    "datastore.databases.getMetadata",
    "datastore.databases.list",
    "datastore.indexes.get",
    "datastore.indexes.list",
    "logging.buckets.get",
    "logging.exclusions.get",
    "logging.logMetrics.get",
    "logging.sinks.get",
    "pubsub.topics.get",
    "pubsub.topics.getIamPolicy",
    "resourcemanager.projects.get",
    "storage.buckets.get",
    "storage.buckets.getIamPolicy",
    "storage.managedFolders.get",
    "storage.managedFolders.getIamPolicy",
    "storage.managedFolders.list",
  ]
  changes = [
    "datastore.backupSchedules.create",
    "datastore.backupSchedules.delete",
    "datastore.backupSchedules.update",
    "datastore.databases.create",
    "datastore.databases.delete",
    "datastore.databases.update",
    "datastore.indexes.create",
    "datastore.indexes.delete",
    "datastore.indexes.update",
    "datastore.operations.get",
    "pubsub.topics.create",
    "pubsub.topics.delete",
    "pubsub.topics.update",
    "secretmanager.secrets.create",
    "secretmanager.secrets.delete",
    "secretmanager.secrets.get",
    "secretmanager.secrets.getIamPolicy",
    "secretmanager.secrets.setIamPolicy",
    "secretmanager.secrets.update",
    "storage.buckets.create",
    "storage.buckets.delete",
    "storage.buckets.setIamPolicy",
    "storage.buckets.update",
    "storage.managedFolders.create",
    "storage.managedFolders.delete",
    "storage.managedFolders.setIamPolicy",
  ]
}

resource "google_service_account" "planner" {
  project      = var.project_id
  account_id   = "ci-planner"
  display_name = "Checks the code and plans"
}

resource "google_service_account" "deployer" {
  project      = var.project_id
  account_id   = "ci-deployer"
  display_name = "Applies a plan"
}

resource "google_project_iam_custom_role" "planner" {
  project     = var.project_id
  role_id     = "${replace(var.name, "-", "_")}_plan"
  title       = "${var.name}: plan"
  description = "sees how databases, buckets and logs are set up, not what is in them"
  permissions = local.reads
}

resource "google_project_iam_custom_role" "deployer" {
  project     = var.project_id
  role_id     = "${replace(var.name, "-", "_")}_deploy"
  title       = "${var.name}: deploy"
  description = "sets up databases, secrets and buckets, without reading what is in them"
  permissions = concat(local.reads, local.changes)
}

resource "google_project_iam_member" "planner" {
  for_each = local.planner_roles

  project = var.project_id
  role    = each.value
  member  = google_service_account.planner.member
}

resource "google_project_iam_member" "planner_custom" {
  project = var.project_id
  role    = google_project_iam_custom_role.planner.name
  member  = google_service_account.planner.member
}

resource "google_project_iam_member" "deployer" {
  for_each = local.deployer_roles

  project = var.project_id
  role    = each.value
  member  = google_service_account.deployer.member
}

resource "google_project_iam_member" "deployer_custom" {
  project = var.project_id
  role    = google_project_iam_custom_role.deployer.name
  member  = google_service_account.deployer.member
}

# Gives and takes the roles of the functions' and the builds' accounts. Its own are not in the list.
resource "google_project_iam_member" "deployer_grants" {
  project = var.project_id
  role    = "roles/resourcemanager.projectIamAdmin"
  member  = google_service_account.deployer.member

  condition {
    title       = "only-our-roles"
    description = "Grants and takes back the roles that functions and builds need"
    expression  = "api.getAttribute('iam.googleapis.com/modifiedGrantsByRole', []).hasOnly([${join(", ", [for role in sort(var.granted_roles) : "'${role}'"])}])"
  }
}

# The state's bucket holds this state alone. Both hold its lock, which is an object there, so both may write.
resource "google_storage_bucket_iam_member" "state" {
  for_each = { planner = google_service_account.planner.member, deployer = google_service_account.deployer.member }

  bucket = var.state_bucket
  role   = "roles/storage.objectUser"
  member = each.value
}

# Bundles and plans: the planner writes them; the deployer reads them, and writes down which release was the last good one.
resource "google_storage_bucket_iam_member" "source" {
  for_each = { planner = google_service_account.planner.member, deployer = google_service_account.deployer.member }

  bucket = var.source_bucket
  role   = "roles/storage.objectUser"
  member = each.value
}

# The code-runner's own project. Only who applies with rights of their own there, a person, gives these.
locals {
  in_runner = var.runner_project_id == "" ? {} : merge(
    { for role in ["roles/compute.viewer", "roles/iam.securityReviewer", "roles/iam.serviceAccountViewer", "roles/run.viewer", "roles/serviceusage.serviceUsageConsumer"] :
      "planner ${role}" => { role = role, member = google_service_account.planner.member }
    },
    { for role in ["roles/artifactregistry.reader", "roles/compute.networkAdmin", "roles/compute.securityAdmin", "roles/iam.serviceAccountAdmin", "roles/run.admin", "roles/serviceusage.serviceUsageAdmin"] :
      "deployer ${role}" => { role = role, member = google_service_account.deployer.member }
    },
  )
}

resource "google_project_iam_member" "runner" {
  for_each = local.in_runner

  project = var.runner_project_id
  role    = each.value.role
  member  = each.value.member
}
