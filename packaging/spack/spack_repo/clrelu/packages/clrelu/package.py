# package.py - this checkout as a package of Spack
# SPDX-License-Identifier: MIT
import os

from spack.package import *
from spack_repo.builtin.build_systems.meson import MesonPackage


class Clrelu(MesonPackage):
    """LeakyReLU, PReLU, ELU and ThresholdedReLU on OpenCL devices."""

    homepage = "file://" + os.path.realpath(
        os.path.join(os.path.dirname(__file__), *[os.pardir] * 6))
    git = homepage

    license("MIT")

    version("main", branch="main")

    variant("clblast", default=False, description="Dense layers")

    depends_on("c", type="build")
    depends_on("meson@1:", type="build")
    depends_on("pkgconfig", type="build")
    depends_on("python@3:", type="build")
    depends_on("opencl@1.2:")
    depends_on("xxhash@0.8:")
    depends_on("clblast@1.5.2:", when="+clblast")

    def meson_args(self):
        feature = "enabled" if self.spec.satisfies("+clblast") else "disabled"
        return ["-Dtests=false", "-Dexamples=false", "-Dbench=false",
                "-Dmpi=disabled", f"-Dclblast={feature}"]
