"""Watches Huawei Cloud traffic packages."""
