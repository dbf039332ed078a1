# Bucket and prefix are of an environment: terraform init -backend-config=envs/staging.gcs.tfbackend
terraform {
  backend "gcs" {}
}
