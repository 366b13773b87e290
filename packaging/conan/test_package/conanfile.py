# conanfile.py - a program that uses the package
# SPDX-License-Identifier: MIT
import os

from conan import ConanFile
from conan.tools.build import can_run
from conan.tools.layout import basic_layout
from conan.tools.meson import Meson


class Test(ConanFile):
    settings = 'os', 'arch', 'compiler', 'build_type'
    generators = 'MesonToolchain', 'PkgConfigDeps'
    test_type = 'explicit'

    def requirements(self):
        self.requires(self.tested_reference_str)

    def layout(self):
        basic_layout(self)

    def build(self):
        meson = Meson(self)
        meson.configure()
        meson.build()

    def test(self):
        if can_run(self):
            self.run(os.path.join(self.build_folder, 'version'), env='conanrun')
