"""A stand-in for Huawei Cloud: IAM, Config, BSS, ECS, VPC and CES, with traffic that flows."""

from emulators.huawei.emulator import HuaweiEmulator

__all__ = ["HuaweiEmulator"]
