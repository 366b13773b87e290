# portfile.cmake - this checkout as an overlay port of vcpkg
# SPDX-License-Identifier: MIT
get_filename_component(SOURCE_PATH "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)

if("clblast" IN_LIST FEATURES)
    set(clblast enabled)
else()
    set(clblast disabled)
endif()
vcpkg_configure_meson(
    SOURCE_PATH "${SOURCE_PATH}"
    OPTIONS -Dtests=false -Dexamples=false -Dbench=false -Dmpi=disabled
        -Dclblast=${clblast}
)
vcpkg_install_meson()
vcpkg_fixup_pkgconfig()
vcpkg_cmake_config_fixup(CONFIG_PATH lib/cmake/clrelu)
vcpkg_copy_tools(TOOL_NAMES clrelu AUTO_CLEAN)

file(REMOVE_RECURSE "${CURRENT_PACKAGES_DIR}/debug/include"
    "${CURRENT_PACKAGES_DIR}/debug/share")
vcpkg_install_copyright(FILE_LIST "${SOURCE_PATH}/LICENSE")
