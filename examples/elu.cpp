/* elu.cpp - y = elu(x) from C++17, on the best device
 * SPDX-License-Identifier: MIT */
#include <clrelu.hpp>
#include <iostream>

int main()
try {
    const clrelu::context relu;
    const auto queue =
        clCreateCommandQueue(relu.cl(), relu.device(), 0, nullptr);
    std::vector<float> x = {-2, -1, 0, 1};
    const auto mem = clCreateBuffer(relu.cl(), CL_MEM_COPY_HOST_PTR,
                                    4 * sizeof(float), x.data(), nullptr);

    relu.forward(queue, {CLRELU_ELU, CLRELU_FLOAT32, 1.0, 4, mem, mem});
    clEnqueueReadBuffer(queue, mem, CL_TRUE, 0, 4 * sizeof(float), x.data(), 0,
                        nullptr, nullptr);
    for (float y : x)
        std::cout << y << '\n'; /* -0.864665, -0.632121, 0, 1 */
    clReleaseMemObject(mem);
    clReleaseCommandQueue(queue);
} catch (const clrelu::error &error) {
    std::cerr << error.what() << '\n';
    return 1;
}
