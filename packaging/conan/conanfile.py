# conanfile.py - this checkout as a package of Conan 2
# SPDX-License-Identifier: MIT
import os
import re

from conan import ConanFile
from conan.tools.files import copy, load, rmdir
from conan.tools.gnu import PkgConfigDeps
from conan.tools.layout import basic_layout
from conan.tools.meson import Meson, MesonToolchain


class Clrelu(ConanFile):
    name = 'clrelu'
    description = 'LeakyReLU, PReLU, ELU and ThresholdedReLU on OpenCL devices'
    license = 'MIT'
    topics = 'opencl', 'relu', 'activation', 'gpu'
    package_type = 'library'
    settings = 'os', 'arch', 'compiler', 'build_type'
    options = {'shared': [True, False], 'fPIC': [True, False]}
    default_options = {'shared': False, 'fPIC': True}
    implements = ['auto_shared_fpic']
    languages = 'C'

    @property
    def root(self):
        return os.path.join(self.recipe_folder, os.pardir, os.pardir)

    def set_version(self):
        self.version = re.search(r"version: '(.*)'", load(
            self, os.path.join(self.root, 'meson.build')))[1]

    def export_sources(self):
        for pattern in ('meson*', 'LICENSE', 'cl/*', 'completions/*', 'docs/*',
                        'include/*', 'scripts/*', 'src/*'):
            copy(self, pattern, self.root, self.export_sources_folder)

    def layout(self):
        basic_layout(self)

    def requirements(self):
        self.requires('opencl-icd-loader/[>=2023.02.06]',
                      transitive_headers=True)
        self.requires('xxhash/[>=0.8 <1]')

    def generate(self):
        PkgConfigDeps(self).generate()
        toolchain = MesonToolchain(self)
        for part in 'tests', 'examples', 'bench':
            toolchain.project_options[part] = False
        for feature in 'clblast', 'mpi':
            toolchain.project_options[feature] = 'disabled'
        toolchain.generate()

    def build(self):
        meson = Meson(self)
        meson.configure()
        meson.build()

    def package(self):
        Meson(self).install()
        copy(self, 'LICENSE', self.source_folder,
             os.path.join(self.package_folder, 'licenses'))
        lib = os.path.join(self.package_folder, 'lib')
        for folder in 'cmake', 'pkgconfig':
            rmdir(self, os.path.join(lib, folder))
        if self.options.shared:
            os.remove(os.path.join(lib, 'libclrelu.a'))
        else:
            for file in os.listdir(lib):
                if '.so' in file:
                    os.remove(os.path.join(lib, file))

    def package_info(self):
        self.cpp_info.libs = ['clrelu']
        self.cpp_info.system_libs = ['m', 'pthread']
