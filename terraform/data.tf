module "firestore" {
  source = "./modules/firestore"

  location  = var.firestore_location != "" ? var.firestore_location : var.region
  protected = local.production
  indexes   = jsondecode(file("${path.module}/indexes.json"))

  depends_on = [google_project_service.on]
}

module "secrets" {
  source = "./modules/secrets"

  names     = toset(flatten([for it in values(local.functions) : concat(it.secrets, it.writes_secrets)]))
  protected = local.production

  depends_on = [google_project_service.on]
}

module "keys" {
  source = "./modules/keys"

  name      = var.name
  region    = var.region
  protected = local.production

  depends_on = [google_project_service.on]
}
