locals {
  public_ingress = "ALLOW_ALL"
}
