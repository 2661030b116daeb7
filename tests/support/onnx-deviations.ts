/** Node tests of onnx whose expected outputs we do not give, each with the reason. Suites check that they still differ. */
const rounding = "the expected numbers are rounded to four digits";

/** By the test's name. */
export const deviations: ReadonlyMap<string, string> = new Map([
  ["test_averagepool_2d_ceil_last_window_starts_on_pad", rounding],
  ["test_gridsample_bicubic", rounding],
  ["test_roialign_aligned_false", rounding],
  ["test_roialign_aligned_true", rounding],
  [
    "test_maxunpool_export_with_output_shape",
    "ONNX Runtime, as we, reads the indices as those of output_shape, the test as those of the shape without it",
  ],
  [
    "test_resize_downsample_scales_cubic_align_corners",
    "ONNX Runtime, as we, puts corners on the last element of the rounded size, the test beyond it",
  ],
  [
    "test_resize_downsample_scales_linear_align_corners",
    "ONNX Runtime, as we, puts corners on the last element of the rounded size, the test beyond it",
  ],
]);
