#!/usr/bin/env python3
# spack.py - runs a recipe with as much of Spack as it uses
# SPDX-License-Identifier: MIT
"""spack.py PACKAGE.py VARIANT...

Prints the source's folder and Meson's arguments, one a line.
"""
import runpy
import sys
import types

path, *variants = sys.argv[1:]


class MesonPackage:
    spec = types.SimpleNamespace(satisfies=variants.__contains__)


def module(name, **names):
    sys.modules[name] = types.ModuleType(name)
    vars(sys.modules[name]).update(names)


module('spack')
module('spack.package', **{name: lambda *_, **__: None for name in (
    'depends_on', 'license', 'variant', 'version')})
for parent in ('spack_repo', 'spack_repo.builtin',
               'spack_repo.builtin.build_systems'):
    module(parent)
module('spack_repo.builtin.build_systems.meson', MesonPackage=MesonPackage)
recipe = runpy.run_path(path)['Clrelu']()
print(recipe.git.removeprefix('file://'), *recipe.meson_args(), sep='\n')
