# vcpkg.cmake - runs a portfile with as much of vcpkg as it uses
# SPDX-License-Identifier: MIT
#
# cmake -DPORT=FOLDER -DWORK=FOLDER -P vcpkg.cmake
cmake_minimum_required(VERSION 3.20)
set(CURRENT_PACKAGES_DIR "${WORK}/package")

function(run)
    execute_process(COMMAND ${ARGN} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

function(must_exist)
    foreach(path ${ARGN})
        if(NOT EXISTS "${path}")
            message(FATAL_ERROR "${path} does not exist")
        endif()
    endforeach()
endfunction()

function(vcpkg_configure_meson)
    cmake_parse_arguments(arg "" "SOURCE_PATH" "OPTIONS" ${ARGN})
    run(meson setup "${WORK}/build" "${arg_SOURCE_PATH}" ${arg_OPTIONS}
        --prefix=${CURRENT_PACKAGES_DIR} --libdir=lib)
endfunction()

function(vcpkg_install_meson)
    run(meson install -C "${WORK}/build")
endfunction()

function(vcpkg_fixup_pkgconfig)
    must_exist("${CURRENT_PACKAGES_DIR}/lib/pkgconfig/clrelu.pc")
endfunction()

function(vcpkg_cmake_config_fixup)
    cmake_parse_arguments(arg "" "CONFIG_PATH" "" ${ARGN})
    must_exist("${CURRENT_PACKAGES_DIR}/${arg_CONFIG_PATH}/clrelu-config.cmake")
endfunction()

function(vcpkg_copy_tools)
    cmake_parse_arguments(arg "AUTO_CLEAN" "" "TOOL_NAMES" ${ARGN})
    must_exist("${CURRENT_PACKAGES_DIR}/bin/${arg_TOOL_NAMES}")
endfunction()

function(vcpkg_install_copyright)
    cmake_parse_arguments(arg "" "" "FILE_LIST" ${ARGN})
    must_exist(${arg_FILE_LIST})
endfunction()

include("${PORT}/portfile.cmake")
