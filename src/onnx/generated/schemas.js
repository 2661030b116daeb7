// What onnx 1.23.2 knows of its operators; made by tests/interop/operator_schemas.py.
export const schemaTable = `
@ ai.onnx
Abs 1 S:1-1 S:1-1 consumed_inputs=7
Abs 6 S:1-1 S:1-1
Abs 13 S:1-1 S:1-1
Acos 7 S:1-1 S:1-1
Acos 22 S:1-1 S:1-1
Acosh 9 S:1-1 S:1-1
Acosh 22 S:1-1 S:1-1
Add 1 SS:2-2 S:1-1 axis=2 broadcast=2 consumed_inputs=7
Add 6 SS:2-2 S:1-1 axis=2 broadcast=2
Add 7 SS:2-2 S:1-1
Add 13 SS:2-2 S:1-1
Add 14 SS:2-2 S:1-1
AffineGrid 20 SS:2-2 S:1-1 align_corners=2
And 1 SS:2-2 S:1-1 axis=2 broadcast=2
And 7 SS:2-2 S:1-1
ArgMax 1 S:1-1 S:1-1 axis=2 keepdims=2
ArgMax 11 S:1-1 S:1-1 axis=2 keepdims=2
ArgMax 12 S:1-1 S:1-1 axis=2 keepdims=2 select_last_index=2
ArgMax 13 S:1-1 S:1-1 axis=2 keepdims=2 select_last_index=2
ArgMin 1 S:1-1 S:1-1 axis=2 keepdims=2
ArgMin 11 S:1-1 S:1-1 axis=2 keepdims=2
ArgMin 12 S:1-1 S:1-1 axis=2 keepdims=2 select_last_index=2
ArgMin 13 S:1-1 S:1-1 axis=2 keepdims=2 select_last_index=2
Asin 7 S:1-1 S:1-1
Asin 22 S:1-1 S:1-1
Asinh 9 S:1-1 S:1-1
Asinh 22 S:1-1 S:1-1
Atan 7 S:1-1 S:1-1
Atan 22 S:1-1 S:1-1
Atanh 9 S:1-1 S:1-1
Atanh 22 S:1-1 S:1-1
Attention 23 SSSOOO:3-6 SOOO:1-4 is_causal=2 kv_num_heads=2 q_num_heads=2 qk_matmul_output_mode=2 scale=1 softcap=1 softmax_precision=2
Attention 24 SSSOOOO:3-7 SOOO:1-4 is_causal=2 kv_num_heads=2 q_num_heads=2 qk_matmul_output_mode=2 scale=1 softcap=1 softmax_precision=2
Attention 25 SSSOOOO:3-7 SOOO:1-4 is_causal=2 kv_num_heads=2 left_window_size=2 q_num_heads=2 qk_matmul_output_mode=2 right_window_size=2 scale=1 softcap=1 softmax_precision=2
AveragePool 1 S:1-1 S:1-1 auto_pad=3 kernel_shape=7! pads=7 strides=7
AveragePool 7 S:1-1 S:1-1 auto_pad=3 count_include_pad=2 kernel_shape=7! pads=7 strides=7
AveragePool 10 S:1-1 S:1-1 auto_pad=3 ceil_mode=2 count_include_pad=2 kernel_shape=7! pads=7 strides=7
AveragePool 11 S:1-1 S:1-1 auto_pad=3 ceil_mode=2 count_include_pad=2 kernel_shape=7! pads=7 strides=7
AveragePool 19 S:1-1 S:1-1 auto_pad=3 ceil_mode=2 count_include_pad=2 dilations=7 kernel_shape=7! pads=7 strides=7
AveragePool 22 S:1-1 S:1-1 auto_pad=3 ceil_mode=2 count_include_pad=2 dilations=7 kernel_shape=7! pads=7 strides=7
BatchNormalization 1 SSSSS:5-5 SOOOO:1-5{1,5} consumed_inputs=7! epsilon=1 is_test=2 momentum=1 spatial=2
BatchNormalization 6 SSSSS:5-5 SOOOO:1-5{1,5} epsilon=1 is_test=2 momentum=1 spatial=2
BatchNormalization 7 SSSSS:5-5 SOOOO:1-5{1,5} epsilon=1 momentum=1 spatial=2
BatchNormalization 9 SSSSS:5-5 SOOOO:1-5{1,5} epsilon=1 momentum=1
BatchNormalization 14 SSSSS:5-5 SOO:1-3{1,3} epsilon=1 momentum=1 training_mode=2
BatchNormalization 15 SSSSS:5-5 SOO:1-3{1,3} epsilon=1 momentum=1 training_mode=2
Bernoulli 15 S:1-1 S:1-1 dtype=2 seed=1
Bernoulli 22 S:1-1 S:1-1 dtype=2 seed=1
BitCast 26 S:1-1 S:1-1 to=2!
BitShift 11 SS:2-2 S:1-1 direction=3!
BitShift 28 SS:2-2 S:1-1 direction=3!
BitwiseAnd 18 SS:2-2 S:1-1
BitwiseNot 18 S:1-1 S:1-1
BitwiseOr 18 SS:2-2 S:1-1
BitwiseXor 18 SS:2-2 S:1-1
BlackmanWindow 17 S:1-1 S:1-1 output_datatype=2 periodic=2
Cast 1 S:1-1 S:1-1 to=3!
Cast 6 S:1-1 S:1-1 to=2!
Cast 9 S:1-1 S:1-1 to=2!
Cast 13 S:1-1 S:1-1 to=2!
Cast 19 S:1-1 S:1-1 saturate=2 to=2!
Cast 21 S:1-1 S:1-1 saturate=2 to=2!
Cast 23 S:1-1 S:1-1 saturate=2 to=2!
Cast 24 S:1-1 S:1-1 round_mode=3 saturate=2 to=2!
Cast 25 S:1-1 S:1-1 round_mode=3 saturate=2 to=2!
Cast 28 S:1-1 S:1-1 round_mode=3 saturate=2 to=2!
CastLike 15 SS:2-2 S:1-1
CastLike 19 SS:2-2 S:1-1 saturate=2
CastLike 21 SS:2-2 S:1-1 saturate=2
CastLike 23 SS:2-2 S:1-1 saturate=2
CastLike 24 SS:2-2 S:1-1 round_mode=3 saturate=2
CastLike 25 SS:2-2 S:1-1 round_mode=3 saturate=2
CausalConvWithState 27 SSOO:2-4 SS:2-2 activation=3
Ceil 1 S:1-1 S:1-1 consumed_inputs=7
Ceil 6 S:1-1 S:1-1
Ceil 13 S:1-1 S:1-1
Celu 12 S:1-1 S:1-1 alpha=1
Celu 28 S:1-1 S:1-1 alpha=1
CenterCropPad 18 SS:2-2 S:1-1 axes=7
Clip 1 S:1-1 S:1-1 consumed_inputs=7 max=1 min=1
Clip 6 S:1-1 S:1-1 max=1 min=1
Clip 11 SOO:1-3 S:1-1
Clip 12 SOO:1-3 S:1-1
Clip 13 SOO:1-3 S:1-1
Col2Im 18 SSS:3-3 S:1-1 dilations=7 pads=7 strides=7
Compress 9 SS:2-2 S:1-1 axis=2
Compress 11 SS:2-2 S:1-1 axis=2
Compress 28 SS:2-2 S:1-1 axis=2
Concat 1 V:1-* S:1-1 axis=2
Concat 4 V:1-* S:1-1 axis=2!
Concat 11 V:1-* S:1-1 axis=2!
Concat 13 V:1-* S:1-1 axis=2!
ConcatFromSequence 11 S:1-1 S:1-1 axis=2! new_axis=2
Constant 1 :0-0 S:1-1 value=4!
Constant 9 :0-0 S:1-1 value=4!
Constant 11 :0-0 S:1-1 sparse_value=11 value=4
Constant 12 :0-0 S:1-1 sparse_value=11 value=4 value_float=1 value_floats=6 value_int=2 value_ints=7 value_string=3 value_strings=8
Constant 13 :0-0 S:1-1 sparse_value=11 value=4 value_float=1 value_floats=6 value_int=2 value_ints=7 value_string=3 value_strings=8
Constant 19 :0-0 S:1-1 sparse_value=11 value=4 value_float=1 value_floats=6 value_int=2 value_ints=7 value_string=3 value_strings=8
Constant 21 :0-0 S:1-1 sparse_value=11 value=4 value_float=1 value_floats=6 value_int=2 value_ints=7 value_string=3 value_strings=8
Constant 23 :0-0 S:1-1 sparse_value=11 value=4 value_float=1 value_floats=6 value_int=2 value_ints=7 value_string=3 value_strings=8
Constant 24 :0-0 S:1-1 sparse_value=11 value=4 value_float=1 value_floats=6 value_int=2 value_ints=7 value_string=3 value_strings=8
Constant 25 :0-0 S:1-1 sparse_value=11 value=4 value_float=1 value_floats=6 value_int=2 value_ints=7 value_string=3 value_strings=8
ConstantOfShape 9 S:1-1 S:1-1 value=4
ConstantOfShape 20 S:1-1 S:1-1 value=4
ConstantOfShape 21 S:1-1 S:1-1 value=4
ConstantOfShape 23 S:1-1 S:1-1 value=4
ConstantOfShape 24 S:1-1 S:1-1 value=4
ConstantOfShape 25 S:1-1 S:1-1 value=4
Conv 1 SSO:2-3 S:1-1 auto_pad=3 dilations=7 group=2 kernel_shape=7 pads=7 strides=7
Conv 11 SSO:2-3 S:1-1 auto_pad=3 dilations=7 group=2 kernel_shape=7 pads=7 strides=7
Conv 22 SSO:2-3 S:1-1 auto_pad=3 dilations=7 group=2 kernel_shape=7 pads=7 strides=7
ConvInteger 10 SSOO:2-4 S:1-1 auto_pad=3 dilations=7 group=2 kernel_shape=7 pads=7 strides=7
ConvTranspose 1 SSO:2-3 S:1-1 auto_pad=3 dilations=7 group=2 kernel_shape=7 output_padding=7 output_shape=7 pads=7 strides=7
ConvTranspose 11 SSO:2-3 S:1-1 auto_pad=3 dilations=7 group=2 kernel_shape=7 output_padding=7 output_shape=7 pads=7 strides=7
ConvTranspose 22 SSO:2-3 S:1-1 auto_pad=3 dilations=7 group=2 kernel_shape=7 output_padding=7 output_shape=7 pads=7 strides=7
Cos 7 S:1-1 S:1-1
Cos 22 S:1-1 S:1-1
Cosh 9 S:1-1 S:1-1
Cosh 22 S:1-1 S:1-1
CumProd 26 SS:2-2 S:1-1 exclusive=2 reverse=2
CumSum 11 SS:2-2 S:1-1 exclusive=2 reverse=2
CumSum 14 SS:2-2 S:1-1 exclusive=2 reverse=2
DFT 17 SO:1-2 S:1-1 axis=2 inverse=2 onesided=2
DFT 20 SOO:1-3 S:1-1 inverse=2 onesided=2
DeformConv 19 SSSOO:3-5 S:1-1 dilations=7 group=2 kernel_shape=7 offset_group=2 pads=7 strides=7
DeformConv 22 SSSOO:3-5 S:1-1 dilations=7 group=2 kernel_shape=7 offset_group=2 pads=7 strides=7
DepthToSpace 1 S:1-1 S:1-1 blocksize=2!
DepthToSpace 11 S:1-1 S:1-1 blocksize=2! mode=3
DepthToSpace 13 S:1-1 S:1-1 blocksize=2! mode=3
DepthToSpace 28 S:1-1 S:1-1 blocksize=2! mode=3
DequantizeLinear 10 SSO:2-3 S:1-1
DequantizeLinear 13 SSO:2-3 S:1-1 axis=2
DequantizeLinear 19 SSO:2-3 S:1-1 axis=2
DequantizeLinear 21 SSO:2-3 S:1-1 axis=2 block_size=2
DequantizeLinear 23 SSO:2-3 S:1-1 axis=2 block_size=2 output_dtype=2
DequantizeLinear 24 SSO:2-3 S:1-1 axis=2 block_size=2 output_dtype=2
DequantizeLinear 25 SSO:2-3 S:1-1 axis=2 block_size=2 output_dtype=2
DequantizeLinear 28 SSO:2-3 S:1-1 axis=2 block_size=2 output_dtype=2
Det 11 S:1-1 S:1-1
Det 22 S:1-1 S:1-1
Div 1 SS:2-2 S:1-1 axis=2 broadcast=2 consumed_inputs=7
Div 6 SS:2-2 S:1-1 axis=2 broadcast=2
Div 7 SS:2-2 S:1-1
Div 13 SS:2-2 S:1-1
Div 14 SS:2-2 S:1-1
Dropout 1 S:1-1 SO:1-2 consumed_inputs=7 is_test=2 ratio=1
Dropout 6 S:1-1 SO:1-2 is_test=2 ratio=1
Dropout 7 S:1-1 SO:1-2 ratio=1
Dropout 10 S:1-1 SO:1-2 ratio=1
Dropout 12 SOO:1-3 SO:1-2 seed=2
Dropout 13 SOO:1-3 SO:1-2 seed=2
Dropout 22 SOO:1-3 SO:1-2 seed=2
DynamicQuantizeLinear 11 S:1-1 SSS:3-3
Einsum 12 V:1-* S:1-1 equation=3!
Einsum 28 V:1-* S:1-1 equation=3!
Elu 1 S:1-1 S:1-1 alpha=1 consumed_inputs=7
Elu 6 S:1-1 S:1-1 alpha=1
Elu 22 S:1-1 S:1-1 alpha=1
Equal 1 SS:2-2 S:1-1 axis=2 broadcast=2
Equal 7 SS:2-2 S:1-1
Equal 11 SS:2-2 S:1-1
Equal 13 SS:2-2 S:1-1
Equal 19 SS:2-2 S:1-1
Erf 9 S:1-1 S:1-1
Erf 13 S:1-1 S:1-1
Exp 1 S:1-1 S:1-1 consumed_inputs=7
Exp 6 S:1-1 S:1-1
Exp 13 S:1-1 S:1-1
Expand 8 SS:2-2 S:1-1
Expand 13 SS:2-2 S:1-1
EyeLike 9 S:1-1 S:1-1 dtype=2 k=2
EyeLike 22 S:1-1 S:1-1 dtype=2 k=2
Flatten 1 S:1-1 S:1-1 axis=2
Flatten 9 S:1-1 S:1-1 axis=2
Flatten 11 S:1-1 S:1-1 axis=2
Flatten 13 S:1-1 S:1-1 axis=2
Flatten 21 S:1-1 S:1-1 axis=2
Flatten 23 S:1-1 S:1-1 axis=2
Flatten 24 S:1-1 S:1-1 axis=2
Flatten 25 S:1-1 S:1-1 axis=2
Floor 1 S:1-1 S:1-1 consumed_inputs=7
Floor 6 S:1-1 S:1-1
Floor 13 S:1-1 S:1-1
GRU 1 SSSOOO:3-6 OS:2-2 activation_alpha=6 activation_beta=6 activations=8 clip=1 direction=3 hidden_size=2 output_sequence=2
GRU 3 SSSOOO:3-6 OO:0-2 activation_alpha=6 activation_beta=6 activations=8 clip=1 direction=3 hidden_size=2 linear_before_reset=2 output_sequence=2
GRU 7 SSSOOO:3-6 OO:0-2 activation_alpha=6 activation_beta=6 activations=8 clip=1 direction=3 hidden_size=2 linear_before_reset=2
GRU 14 SSSOOO:3-6 OO:0-2 activation_alpha=6 activation_beta=6 activations=8 clip=1 direction=3 hidden_size=2 layout=2 linear_before_reset=2
GRU 22 SSSOOO:3-6 OO:0-2 activation_alpha=6 activation_beta=6 activations=8 clip=1 direction=3 hidden_size=2 layout=2 linear_before_reset=2
Gather 1 SS:2-2 S:1-1 axis=2
Gather 11 SS:2-2 S:1-1 axis=2
Gather 13 SS:2-2 S:1-1 axis=2
GatherElements 11 SS:2-2 S:1-1 axis=2
GatherElements 13 SS:2-2 S:1-1 axis=2
GatherND 11 SS:2-2 S:1-1
GatherND 12 SS:2-2 S:1-1 batch_dims=2
GatherND 13 SS:2-2 S:1-1 batch_dims=2
Gelu 20 S:1-1 S:1-1 approximate=3
Gemm 1 SSS:3-3 S:1-1 alpha=1 beta=1 broadcast=2 transA=2 transB=2
Gemm 6 SSS:3-3 S:1-1 alpha=1 beta=1 broadcast=2 transA=2 transB=2
Gemm 7 SSS:3-3 S:1-1 alpha=1 beta=1 transA=2 transB=2
Gemm 9 SSS:3-3 S:1-1 alpha=1 beta=1 transA=2 transB=2
Gemm 11 SSO:2-3 S:1-1 alpha=1 beta=1 transA=2 transB=2
Gemm 13 SSO:2-3 S:1-1 alpha=1 beta=1 transA=2 transB=2
GlobalAveragePool 1 S:1-1 S:1-1
GlobalAveragePool 22 S:1-1 S:1-1
GlobalLpPool 1 S:1-1 S:1-1 p=1
GlobalLpPool 2 S:1-1 S:1-1 p=2
GlobalLpPool 22 S:1-1 S:1-1 p=2
GlobalMaxPool 1 S:1-1 S:1-1
GlobalMaxPool 22 S:1-1 S:1-1
Greater 1 SS:2-2 S:1-1 axis=2 broadcast=2
Greater 7 SS:2-2 S:1-1
Greater 9 SS:2-2 S:1-1
Greater 13 SS:2-2 S:1-1
GreaterOrEqual 12 SS:2-2 S:1-1
GreaterOrEqual 16 SS:2-2 S:1-1
GridSample 16 SS:2-2 S:1-1 align_corners=2 mode=3 padding_mode=3
GridSample 20 SS:2-2 S:1-1 align_corners=2 mode=3 padding_mode=3
GridSample 22 SS:2-2 S:1-1 align_corners=2 mode=3 padding_mode=3
GroupNormalization 18 deprecated
GroupNormalization 21 SSS:3-3 S:1-1 epsilon=1 num_groups=2! stash_type=2
HammingWindow 17 S:1-1 S:1-1 output_datatype=2 periodic=2
HannWindow 17 S:1-1 S:1-1 output_datatype=2 periodic=2
HardSigmoid 1 S:1-1 S:1-1 alpha=1 beta=1 consumed_inputs=7
HardSigmoid 6 S:1-1 S:1-1 alpha=1 beta=1
HardSigmoid 22 S:1-1 S:1-1 alpha=1 beta=1
HardSwish 14 S:1-1 S:1-1
HardSwish 22 S:1-1 S:1-1
Hardmax 1 S:1-1 S:1-1 axis=2
Hardmax 11 S:1-1 S:1-1 axis=2
Hardmax 13 S:1-1 S:1-1 axis=2
Identity 1 S:1-1 S:1-1
Identity 13 S:1-1 S:1-1
Identity 14 S:1-1 S:1-1
Identity 16 S:1-1 S:1-1
Identity 19 S:1-1 S:1-1
Identity 21 S:1-1 S:1-1
Identity 23 S:1-1 S:1-1
Identity 24 S:1-1 S:1-1
Identity 25 S:1-1 S:1-1
If 1 S:1-1 V:1-* else_branch=5! then_branch=5!
If 11 S:1-1 V:1-* else_branch=5! then_branch=5!
If 13 S:1-1 V:1-* else_branch=5! then_branch=5!
If 16 S:1-1 V:1-* else_branch=5! then_branch=5!
If 19 S:1-1 V:1-* else_branch=5! then_branch=5!
If 21 S:1-1 V:1-* else_branch=5! then_branch=5!
If 23 S:1-1 V:1-* else_branch=5! then_branch=5!
If 24 S:1-1 V:1-* else_branch=5! then_branch=5!
If 25 S:1-1 V:1-* else_branch=5! then_branch=5!
ImageDecoder 20 S:1-1 S:1-1 pixel_format=3
InstanceNormalization 1 SSS:3-3 S:1-1 consumed_inputs=7 epsilon=1
InstanceNormalization 6 SSS:3-3 S:1-1 epsilon=1
InstanceNormalization 22 SSS:3-3 S:1-1 epsilon=1
IsInf 10 S:1-1 S:1-1 detect_negative=2 detect_positive=2
IsInf 20 S:1-1 S:1-1 detect_negative=2 detect_positive=2
IsNaN 9 S:1-1 S:1-1
IsNaN 13 S:1-1 S:1-1
IsNaN 20 S:1-1 S:1-1
LRN 1 S:1-1 S:1-1 alpha=1 beta=1 bias=1 size=2!
LRN 13 S:1-1 S:1-1 alpha=1 beta=1 bias=1 size=2!
LSTM 1 SSSOOOOO:3-8 OOO:0-3 activation_alpha=6 activation_beta=6 activations=8 clip=1 direction=3 hidden_size=2 input_forget=2 output_sequence=2
LSTM 7 SSSOOOOO:3-8 OOO:0-3 activation_alpha=6 activation_beta=6 activations=8 clip=1 direction=3 hidden_size=2 input_forget=2
LSTM 14 SSSOOOOO:3-8 OOO:0-3 activation_alpha=6 activation_beta=6 activations=8 clip=1 direction=3 hidden_size=2 input_forget=2 layout=2
LSTM 22 SSSOOOOO:3-8 OOO:0-3 activation_alpha=6 activation_beta=6 activations=8 clip=1 direction=3 hidden_size=2 input_forget=2 layout=2
LayerNormalization 17 SSO:2-3 SOO:1-3 ~ axis=2 epsilon=1 stash_type=2
LeakyRelu 1 S:1-1 S:1-1 alpha=1 consumed_inputs=7
LeakyRelu 6 S:1-1 S:1-1 alpha=1
LeakyRelu 16 S:1-1 S:1-1 alpha=1
Less 1 SS:2-2 S:1-1 axis=2 broadcast=2
Less 7 SS:2-2 S:1-1
Less 9 SS:2-2 S:1-1
Less 13 SS:2-2 S:1-1
LessOrEqual 12 SS:2-2 S:1-1
LessOrEqual 16 SS:2-2 S:1-1
LinearAttention 27 SSSOOO:3-6 SS:2-2 chunk_size=2 kv_num_heads=2! q_num_heads=2! scale=1 update_rule=3
Log 1 S:1-1 S:1-1 consumed_inputs=7
Log 6 S:1-1 S:1-1
Log 13 S:1-1 S:1-1
LogSoftmax 1 S:1-1 S:1-1 axis=2
LogSoftmax 11 S:1-1 S:1-1 axis=2
LogSoftmax 13 S:1-1 S:1-1 axis=2
Loop 1 OOV:3-* V:1-* body=5!
Loop 11 OOV:2-* V:1-* body=5!
Loop 13 OOV:2-* V:1-* body=5!
Loop 16 OOV:2-* V:1-* body=5!
Loop 19 OOV:2-* V:1-* body=5!
Loop 21 OOV:2-* V:1-* body=5!
Loop 23 OOV:2-* V:1-* body=5!
Loop 24 OOV:2-* V:1-* body=5!
Loop 25 OOV:2-* V:1-* body=5!
LpNormalization 1 S:1-1 S:1-1 axis=2 p=2
LpNormalization 22 S:1-1 S:1-1 axis=2 p=2
LpPool 1 S:1-1 S:1-1 auto_pad=3 kernel_shape=7 p=1 pads=7 strides=7
LpPool 2 S:1-1 S:1-1 auto_pad=3 kernel_shape=7! p=2 pads=7 strides=7
LpPool 11 S:1-1 S:1-1 auto_pad=3 kernel_shape=7! p=2 pads=7 strides=7
LpPool 18 S:1-1 S:1-1 auto_pad=3 ceil_mode=2 dilations=7 kernel_shape=7! p=2 pads=7 strides=7
LpPool 22 S:1-1 S:1-1 auto_pad=3 ceil_mode=2 dilations=7 kernel_shape=7! p=2 pads=7 strides=7
MatMul 1 SS:2-2 S:1-1
MatMul 9 SS:2-2 S:1-1
MatMul 13 SS:2-2 S:1-1
MatMulInteger 10 SSOO:2-4 S:1-1
Max 1 V:1-* S:1-1 consumed_inputs=7
Max 6 V:1-* S:1-1
Max 8 V:1-* S:1-1
Max 12 V:1-* S:1-1
Max 13 V:1-* S:1-1
MaxPool 1 S:1-1 S:1-1 auto_pad=3 kernel_shape=7! pads=7 strides=7
MaxPool 8 S:1-1 SO:1-2 auto_pad=3 kernel_shape=7! pads=7 storage_order=2 strides=7
MaxPool 10 S:1-1 SO:1-2 auto_pad=3 ceil_mode=2 dilations=7 kernel_shape=7! pads=7 storage_order=2 strides=7
MaxPool 11 S:1-1 SO:1-2 auto_pad=3 ceil_mode=2 dilations=7 kernel_shape=7! pads=7 storage_order=2 strides=7
MaxPool 12 S:1-1 SO:1-2 auto_pad=3 ceil_mode=2 dilations=7 kernel_shape=7! pads=7 storage_order=2 strides=7
MaxPool 22 S:1-1 SO:1-2 auto_pad=3 ceil_mode=2 dilations=7 kernel_shape=7! pads=7 storage_order=2 strides=7
MaxRoiPool 1 SS:2-2 S:1-1 pooled_shape=7! spatial_scale=1
MaxRoiPool 22 SS:2-2 S:1-1 pooled_shape=7! spatial_scale=1
MaxUnpool 9 SSO:2-3 S:1-1 kernel_shape=7! pads=7 strides=7
MaxUnpool 11 SSO:2-3 S:1-1 kernel_shape=7! pads=7 strides=7
MaxUnpool 22 SSO:2-3 S:1-1 kernel_shape=7! pads=7 strides=7
Mean 1 V:1-* S:1-1 consumed_inputs=7
Mean 6 V:1-* S:1-1
Mean 8 V:1-* S:1-1
Mean 13 V:1-* S:1-1
MeanVarianceNormalization 9 S:1-1 S:1-1 axes=7
MeanVarianceNormalization 13 S:1-1 S:1-1 axes=7
MelWeightMatrix 17 SSSSS:5-5 S:1-1 output_datatype=2
Min 1 V:1-* S:1-1 consumed_inputs=7
Min 6 V:1-* S:1-1
Min 8 V:1-* S:1-1
Min 12 V:1-* S:1-1
Min 13 V:1-* S:1-1
Mish 18 S:1-1 S:1-1
Mish 22 S:1-1 S:1-1
Mod 10 SS:2-2 S:1-1 fmod=2
Mod 13 SS:2-2 S:1-1 fmod=2
Mod 28 SS:2-2 S:1-1 fmod=2
Mul 1 SS:2-2 S:1-1 axis=2 broadcast=2 consumed_inputs=7
Mul 6 SS:2-2 S:1-1 axis=2 broadcast=2
Mul 7 SS:2-2 S:1-1
Mul 13 SS:2-2 S:1-1
Mul 14 SS:2-2 S:1-1
Multinomial 7 S:1-1 S:1-1 dtype=2 sample_size=2 seed=1
Multinomial 22 S:1-1 S:1-1 dtype=2 sample_size=2 seed=1
Neg 1 S:1-1 S:1-1 consumed_inputs=7
Neg 6 S:1-1 S:1-1
Neg 13 S:1-1 S:1-1
NegativeLogLikelihoodLoss 12 SSO:2-3 S:1-1 ignore_index=2 reduction=3
NegativeLogLikelihoodLoss 13 SSO:2-3 S:1-1 ignore_index=2 reduction=3
NegativeLogLikelihoodLoss 22 SSO:2-3 S:1-1 ignore_index=2 reduction=3
NonMaxSuppression 10 SSOOO:2-5 S:1-1 center_point_box=2
NonMaxSuppression 11 SSOOO:2-5 S:1-1 center_point_box=2
NonZero 9 S:1-1 S:1-1
NonZero 13 S:1-1 S:1-1
Not 1 S:1-1 S:1-1
OneHot 9 SSS:3-3 S:1-1 axis=2
OneHot 11 SSS:3-3 S:1-1 axis=2
OneHot 28 SSS:3-3 S:1-1 axis=2
Optional 15 O:0-1 S:1-1 type=13
Optional 28 O:0-1 S:1-1 type=13
OptionalGetElement 15 S:1-1 S:1-1
OptionalGetElement 18 S:1-1 S:1-1
OptionalGetElement 28 S:1-1 S:1-1
OptionalHasElement 15 S:1-1 S:1-1
OptionalHasElement 18 O:0-1 S:1-1
OptionalHasElement 28 O:0-1 S:1-1
Or 1 SS:2-2 S:1-1 axis=2 broadcast=2
Or 7 SS:2-2 S:1-1
PRelu 1 SS:2-2 S:1-1 consumed_inputs=7
PRelu 6 SS:2-2 S:1-1
PRelu 7 SS:2-2 S:1-1
PRelu 9 SS:2-2 S:1-1
PRelu 16 SS:2-2 S:1-1
Pad 1 S:1-1 S:1-1 mode=3 paddings=7! value=1
Pad 2 S:1-1 S:1-1 mode=3 pads=7! value=1
Pad 11 SSO:2-3 S:1-1 mode=3
Pad 13 SSO:2-3 S:1-1 mode=3
Pad 18 SSOO:2-4 S:1-1 mode=3
Pad 19 SSOO:2-4 S:1-1 mode=3
Pad 21 SSOO:2-4 S:1-1 mode=3
Pad 23 SSOO:2-4 S:1-1 mode=3
Pad 24 SSOO:2-4 S:1-1 mode=3
Pad 25 SSOO:2-4 S:1-1 mode=3
Pow 1 SS:2-2 S:1-1 axis=2 broadcast=2
Pow 7 SS:2-2 S:1-1
Pow 12 SS:2-2 S:1-1
Pow 13 SS:2-2 S:1-1
Pow 15 SS:2-2 S:1-1
QLinearConv 10 SSSSSSSSO:8-9 S:1-1 auto_pad=3 dilations=7 group=2 kernel_shape=7 pads=7 strides=7
QLinearMatMul 10 SSSSSSSS:8-8 S:1-1
QLinearMatMul 21 SSSSSSSS:8-8 S:1-1
QuantizeLinear 10 SSO:2-3 S:1-1
QuantizeLinear 13 SSO:2-3 S:1-1 axis=2
QuantizeLinear 19 SSO:2-3 S:1-1 axis=2 saturate=2
QuantizeLinear 21 SSO:2-3 S:1-1 axis=2 block_size=2 output_dtype=2 saturate=2
QuantizeLinear 23 SSO:2-3 S:1-1 axis=2 block_size=2 output_dtype=2 precision=2 saturate=2
QuantizeLinear 24 SSO:2-3 S:1-1 axis=2 block_size=2 output_dtype=2 precision=2 saturate=2
QuantizeLinear 25 SSO:2-3 S:1-1 axis=2 block_size=2 output_dtype=2 precision=2 saturate=2
QuantizeLinear 28 SSO:2-3 S:1-1 axis=2 block_size=2 output_dtype=2 precision=2 saturate=2
RMSNormalization 23 SS:2-2 S:1-1 axis=2 epsilon=1 stash_type=2
RNN 1 SSSOOO:3-6 OO:0-2 activation_alpha=6 activation_beta=6 activations=8 clip=1 direction=3 hidden_size=2 output_sequence=2
RNN 7 SSSOOO:3-6 OO:0-2 activation_alpha=6 activation_beta=6 activations=8 clip=1 direction=3 hidden_size=2
RNN 14 SSSOOO:3-6 OO:0-2 activation_alpha=6 activation_beta=6 activations=8 clip=1 direction=3 hidden_size=2 layout=2
RNN 22 SSSOOO:3-6 OO:0-2 activation_alpha=6 activation_beta=6 activations=8 clip=1 direction=3 hidden_size=2 layout=2
RandomNormal 1 :0-0 S:1-1 dtype=2 mean=1 scale=1 seed=1 shape=7!
RandomNormal 22 :0-0 S:1-1 dtype=2 mean=1 scale=1 seed=1 shape=7!
RandomNormalLike 1 S:1-1 S:1-1 dtype=2 mean=1 scale=1 seed=1
RandomNormalLike 22 S:1-1 S:1-1 dtype=2 mean=1 scale=1 seed=1
RandomUniform 1 :0-0 S:1-1 dtype=2 high=1 low=1 seed=1 shape=7!
RandomUniform 22 :0-0 S:1-1 dtype=2 high=1 low=1 seed=1 shape=7!
RandomUniformLike 1 S:1-1 S:1-1 dtype=2 high=1 low=1 seed=1
RandomUniformLike 22 S:1-1 S:1-1 dtype=2 high=1 low=1 seed=1
Range 11 SSS:3-3 S:1-1
Range 27 SSS:3-3 S:1-1 stash_type=2
Reciprocal 1 S:1-1 S:1-1 consumed_inputs=7
Reciprocal 6 S:1-1 S:1-1
Reciprocal 13 S:1-1 S:1-1
ReduceL1 1 S:1-1 S:1-1 axes=7 keepdims=2
ReduceL1 11 S:1-1 S:1-1 axes=7 keepdims=2
ReduceL1 13 S:1-1 S:1-1 axes=7 keepdims=2
ReduceL1 18 SO:1-2 S:1-1 keepdims=2 noop_with_empty_axes=2
ReduceL2 1 S:1-1 S:1-1 axes=7 keepdims=2
ReduceL2 11 S:1-1 S:1-1 axes=7 keepdims=2
ReduceL2 13 S:1-1 S:1-1 axes=7 keepdims=2
ReduceL2 18 SO:1-2 S:1-1 keepdims=2 noop_with_empty_axes=2
ReduceLogSum 1 S:1-1 S:1-1 axes=7 keepdims=2
ReduceLogSum 11 S:1-1 S:1-1 axes=7 keepdims=2
ReduceLogSum 13 S:1-1 S:1-1 axes=7 keepdims=2
ReduceLogSum 18 SO:1-2 S:1-1 keepdims=2 noop_with_empty_axes=2
ReduceLogSum 28 SO:1-2 S:1-1 keepdims=2 noop_with_empty_axes=2
ReduceLogSumExp 1 S:1-1 S:1-1 axes=7 keepdims=2
ReduceLogSumExp 11 S:1-1 S:1-1 axes=7 keepdims=2
ReduceLogSumExp 13 S:1-1 S:1-1 axes=7 keepdims=2
ReduceLogSumExp 18 SO:1-2 S:1-1 keepdims=2 noop_with_empty_axes=2
ReduceLogSumExp 28 SO:1-2 S:1-1 keepdims=2 noop_with_empty_axes=2
ReduceMax 1 S:1-1 S:1-1 axes=7 keepdims=2
ReduceMax 11 S:1-1 S:1-1 axes=7 keepdims=2
ReduceMax 12 S:1-1 S:1-1 axes=7 keepdims=2
ReduceMax 13 S:1-1 S:1-1 axes=7 keepdims=2
ReduceMax 18 SO:1-2 S:1-1 keepdims=2 noop_with_empty_axes=2
ReduceMax 20 SO:1-2 S:1-1 keepdims=2 noop_with_empty_axes=2
ReduceMean 1 S:1-1 S:1-1 axes=7 keepdims=2
ReduceMean 11 S:1-1 S:1-1 axes=7 keepdims=2
ReduceMean 13 S:1-1 S:1-1 axes=7 keepdims=2
ReduceMean 18 SO:1-2 S:1-1 keepdims=2 noop_with_empty_axes=2
ReduceMin 1 S:1-1 S:1-1 axes=7 keepdims=2
ReduceMin 11 S:1-1 S:1-1 axes=7 keepdims=2
ReduceMin 12 S:1-1 S:1-1 axes=7 keepdims=2
ReduceMin 13 S:1-1 S:1-1 axes=7 keepdims=2
ReduceMin 18 SO:1-2 S:1-1 keepdims=2 noop_with_empty_axes=2
ReduceMin 20 SO:1-2 S:1-1 keepdims=2 noop_with_empty_axes=2
ReduceProd 1 S:1-1 S:1-1 axes=7 keepdims=2
ReduceProd 11 S:1-1 S:1-1 axes=7 keepdims=2
ReduceProd 13 S:1-1 S:1-1 axes=7 keepdims=2
ReduceProd 18 SO:1-2 S:1-1 keepdims=2 noop_with_empty_axes=2
ReduceSum 1 S:1-1 S:1-1 axes=7 keepdims=2
ReduceSum 11 S:1-1 S:1-1 axes=7 keepdims=2
ReduceSum 13 SO:1-2 S:1-1 keepdims=2 noop_with_empty_axes=2
ReduceSumSquare 1 S:1-1 S:1-1 axes=7 keepdims=2
ReduceSumSquare 11 S:1-1 S:1-1 axes=7 keepdims=2
ReduceSumSquare 13 S:1-1 S:1-1 axes=7 keepdims=2
ReduceSumSquare 18 SO:1-2 S:1-1 keepdims=2 noop_with_empty_axes=2
RegexFullMatch 20 S:1-1 S:1-1 pattern=3
Relu 1 S:1-1 S:1-1 consumed_inputs=7
Relu 6 S:1-1 S:1-1
Relu 13 S:1-1 S:1-1
Relu 14 S:1-1 S:1-1
Reshape 1 S:1-1 S:1-1 consumed_inputs=7 shape=7
Reshape 5 SS:2-2 S:1-1
Reshape 13 SS:2-2 S:1-1
Reshape 14 SS:2-2 S:1-1 allowzero=2
Reshape 19 SS:2-2 S:1-1 allowzero=2
Reshape 21 SS:2-2 S:1-1 allowzero=2
Reshape 23 SS:2-2 S:1-1 allowzero=2
Reshape 24 SS:2-2 S:1-1 allowzero=2
Reshape 25 SS:2-2 S:1-1 allowzero=2
Resize 10 SS:2-2 S:1-1 mode=3
Resize 11 SSSO:3-4 S:1-1 coordinate_transformation_mode=3 cubic_coeff_a=1 exclude_outside=2 extrapolation_value=1 mode=3 nearest_mode=3
Resize 13 SOOO:1-4 S:1-1 coordinate_transformation_mode=3 cubic_coeff_a=1 exclude_outside=2 extrapolation_value=1 mode=3 nearest_mode=3
Resize 18 SOOO:1-4 S:1-1 antialias=2 axes=7 coordinate_transformation_mode=3 cubic_coeff_a=1 exclude_outside=2 extrapolation_value=1 keep_aspect_ratio_policy=3 mode=3 nearest_mode=3
Resize 19 SOOO:1-4 S:1-1 antialias=2 axes=7 coordinate_transformation_mode=3 cubic_coeff_a=1 exclude_outside=2 extrapolation_value=1 keep_aspect_ratio_policy=3 mode=3 nearest_mode=3
ReverseSequence 10 SS:2-2 S:1-1 batch_axis=2 time_axis=2
ReverseSequence 28 SS:2-2 S:1-1 batch_axis=2 time_axis=2
RoiAlign 10 SSS:3-3 S:1-1 mode=3 output_height=2 output_width=2 sampling_ratio=2 spatial_scale=1
RoiAlign 16 SSS:3-3 S:1-1 coordinate_transformation_mode=3 mode=3 output_height=2 output_width=2 sampling_ratio=2 spatial_scale=1
RoiAlign 22 SSS:3-3 S:1-1 coordinate_transformation_mode=3 mode=3 output_height=2 output_width=2 sampling_ratio=2 spatial_scale=1
RotaryEmbedding 23 SSSO:3-4 S:1-1 interleaved=2 num_heads=2 rotary_embedding_dim=2
Round 11 S:1-1 S:1-1
Round 22 S:1-1 S:1-1
STFT 17 SSOO:2-4 S:1-1 onesided=2
Scan 8 OV:2-* V:1-* body=5! directions=7 num_scan_inputs=2!
Scan 9 V:1-* V:1-* body=5! num_scan_inputs=2! scan_input_axes=7 scan_input_directions=7 scan_output_axes=7 scan_output_directions=7
Scan 11 V:1-* V:1-* body=5! num_scan_inputs=2! scan_input_axes=7 scan_input_directions=7 scan_output_axes=7 scan_output_directions=7
Scan 16 V:1-* V:1-* body=5! num_scan_inputs=2! scan_input_axes=7 scan_input_directions=7 scan_output_axes=7 scan_output_directions=7
Scan 19 V:1-* V:1-* body=5! num_scan_inputs=2! scan_input_axes=7 scan_input_directions=7 scan_output_axes=7 scan_output_directions=7
Scan 21 V:1-* V:1-* body=5! num_scan_inputs=2! scan_input_axes=7 scan_input_directions=7 scan_output_axes=7 scan_output_directions=7
Scan 23 V:1-* V:1-* body=5! num_scan_inputs=2! scan_input_axes=7 scan_input_directions=7 scan_output_axes=7 scan_output_directions=7
Scan 24 V:1-* V:1-* body=5! num_scan_inputs=2! scan_input_axes=7 scan_input_directions=7 scan_output_axes=7 scan_output_directions=7
Scan 25 V:1-* V:1-* body=5! num_scan_inputs=2! scan_input_axes=7 scan_input_directions=7 scan_output_axes=7 scan_output_directions=7
Scatter 9 SSS:3-3 S:1-1 axis=2
Scatter 11 deprecated
ScatterElements 11 SSS:3-3 S:1-1 axis=2
ScatterElements 13 SSS:3-3 S:1-1 axis=2
ScatterElements 16 SSS:3-3 S:1-1 axis=2 reduction=3
ScatterElements 18 SSS:3-3 S:1-1 axis=2 reduction=3
ScatterND 11 SSS:3-3 S:1-1
ScatterND 13 SSS:3-3 S:1-1
ScatterND 16 SSS:3-3 S:1-1 reduction=3
ScatterND 18 SSS:3-3 S:1-1 reduction=3
Selu 1 S:1-1 S:1-1 alpha=1 consumed_inputs=7 gamma=1
Selu 6 S:1-1 S:1-1 alpha=1 gamma=1
Selu 22 S:1-1 S:1-1 alpha=1 gamma=1
SequenceAt 11 SS:2-2 S:1-1
SequenceConstruct 11 V:1-* S:1-1
SequenceEmpty 11 :0-0 S:1-1 dtype=2
SequenceErase 11 SO:1-2 S:1-1
SequenceInsert 11 SSO:2-3 S:1-1
SequenceLength 11 S:1-1 S:1-1
SequenceMap 17 SV:1-* V:1-* body=5!
Shape 1 S:1-1 S:1-1
Shape 13 S:1-1 S:1-1
Shape 15 S:1-1 S:1-1 end=2 start=2
Shape 19 S:1-1 S:1-1 end=2 start=2
Shape 21 S:1-1 S:1-1 end=2 start=2
Shape 23 S:1-1 S:1-1 end=2 start=2
Shape 24 S:1-1 S:1-1 end=2 start=2
Shape 25 S:1-1 S:1-1 end=2 start=2
Shrink 9 S:1-1 S:1-1 bias=1 lambd=1
Sigmoid 1 S:1-1 S:1-1 consumed_inputs=7
Sigmoid 6 S:1-1 S:1-1
Sigmoid 13 S:1-1 S:1-1
Sign 9 S:1-1 S:1-1
Sign 13 S:1-1 S:1-1
Sin 7 S:1-1 S:1-1
Sin 22 S:1-1 S:1-1
Sinh 9 S:1-1 S:1-1
Sinh 22 S:1-1 S:1-1
Size 1 S:1-1 S:1-1
Size 13 S:1-1 S:1-1
Size 19 S:1-1 S:1-1
Size 21 S:1-1 S:1-1
Size 23 S:1-1 S:1-1
Size 24 S:1-1 S:1-1
Size 25 S:1-1 S:1-1
Slice 1 S:1-1 S:1-1 axes=7 ends=7! starts=7!
Slice 10 SSSOO:3-5 S:1-1
Slice 11 SSSOO:3-5 S:1-1
Slice 13 SSSOO:3-5 S:1-1
Softmax 1 S:1-1 S:1-1 axis=2
Softmax 11 S:1-1 S:1-1 axis=2
Softmax 13 S:1-1 S:1-1 axis=2
SoftmaxCrossEntropyLoss 12 SSO:2-3 SO:1-2 ignore_index=2 reduction=3
SoftmaxCrossEntropyLoss 13 SSO:2-3 SO:1-2 ignore_index=2 reduction=3
Softplus 1 S:1-1 S:1-1
Softplus 22 S:1-1 S:1-1
Softsign 1 S:1-1 S:1-1
Softsign 22 S:1-1 S:1-1
SpaceToDepth 1 S:1-1 S:1-1 blocksize=2!
SpaceToDepth 13 S:1-1 S:1-1 blocksize=2!
SpaceToDepth 28 S:1-1 S:1-1 blocksize=2! mode=3
Split 1 SO:1-2 V:1-* axis=2 split=7
Split 2 S:1-1 V:1-* axis=2 split=7
Split 11 S:1-1 V:1-* axis=2 split=7
Split 13 SO:1-2 V:1-* axis=2
Split 18 SO:1-2 V:1-* axis=2 num_outputs=2
SplitToSequence 11 SO:1-2 S:1-1 axis=2 keepdims=2
SplitToSequence 24 SO:1-2 S:1-1 axis=2 keepdims=2
Sqrt 1 S:1-1 S:1-1 consumed_inputs=7
Sqrt 6 S:1-1 S:1-1
Sqrt 13 S:1-1 S:1-1
Squeeze 1 S:1-1 S:1-1 axes=7
Squeeze 11 S:1-1 S:1-1 axes=7
Squeeze 13 SO:1-2 S:1-1
Squeeze 21 SO:1-2 S:1-1
Squeeze 23 SO:1-2 S:1-1
Squeeze 24 SO:1-2 S:1-1
Squeeze 25 SO:1-2 S:1-1
StringConcat 20 SS:2-2 S:1-1
StringNormalizer 10 S:1-1 S:1-1 case_change_action=3 is_case_sensitive=2 locale=3 stopwords=8
StringSplit 20 S:1-1 SS:2-2 delimiter=3 maxsplit=2
Sub 1 SS:2-2 S:1-1 axis=2 broadcast=2 consumed_inputs=7
Sub 6 SS:2-2 S:1-1 axis=2 broadcast=2
Sub 7 SS:2-2 S:1-1
Sub 13 SS:2-2 S:1-1
Sub 14 SS:2-2 S:1-1
Sum 1 V:1-* S:1-1 consumed_inputs=7
Sum 6 V:1-* S:1-1
Sum 8 V:1-* S:1-1
Sum 13 V:1-* S:1-1
SwiGLU 28 SS:2-2 S:1-1 alpha=1
Swish 24 S:1-1 S:1-1 alpha=1
Tan 7 S:1-1 S:1-1
Tan 22 S:1-1 S:1-1
Tanh 1 S:1-1 S:1-1 consumed_inputs=7
Tanh 6 S:1-1 S:1-1
Tanh 13 S:1-1 S:1-1
TensorScatter 24 SSO:2-3 S:1-1 axis=2 mode=3
TfIdfVectorizer 9 S:1-1 S:1-1 max_gram_length=2! max_skip_count=2! min_gram_length=2! mode=3! ngram_counts=7! ngram_indexes=7! pool_int64s=7 pool_strings=8 weights=6
ThresholdedRelu 10 S:1-1 S:1-1 alpha=1
ThresholdedRelu 22 S:1-1 S:1-1 alpha=1
Tile 1 SSS:3-3 S:1-1
Tile 6 SS:2-2 S:1-1
Tile 13 SS:2-2 S:1-1
TopK 1 S:1-1 SS:2-2 axis=2 k=2!
TopK 10 SS:2-2 SS:2-2 axis=2
TopK 11 SS:2-2 SS:2-2 axis=2 largest=2 sorted=2
TopK 24 SS:2-2 SS:2-2 axis=2 largest=2 sorted=2
Transpose 1 S:1-1 S:1-1 perm=7
Transpose 13 S:1-1 S:1-1 perm=7
Transpose 21 S:1-1 S:1-1 perm=7
Transpose 23 S:1-1 S:1-1 perm=7
Transpose 24 S:1-1 S:1-1 perm=7
Transpose 25 S:1-1 S:1-1 perm=7
Trilu 14 SO:1-2 S:1-1 upper=2
Unique 11 S:1-1 SOOO:1-4 axis=2 sorted=2
Unique 28 S:1-1 SOOO:1-4 axis=2 sorted=2
Unsqueeze 1 S:1-1 S:1-1 axes=7!
Unsqueeze 11 S:1-1 S:1-1 axes=7!
Unsqueeze 13 SS:2-2 S:1-1
Unsqueeze 21 SS:2-2 S:1-1
Unsqueeze 23 SS:2-2 S:1-1
Unsqueeze 24 SS:2-2 S:1-1
Unsqueeze 25 SS:2-2 S:1-1
Upsample 1 S:1-1 S:1-1 height_scale=1! mode=3 width_scale=1!
Upsample 7 S:1-1 S:1-1 mode=3 scales=6!
Upsample 9 SS:2-2 S:1-1 mode=3
Upsample 10 deprecated
Where 9 SSS:3-3 S:1-1
Where 16 SSS:3-3 S:1-1
Xor 1 SS:2-2 S:1-1 axis=2 broadcast=2
Xor 7 SS:2-2 S:1-1
@ ai.onnx.ml
ArrayFeatureExtractor 1 SS:2-2 S:1-1
Binarizer 1 S:1-1 S:1-1 threshold=1
CastMap 1 S:1-1 S:1-1 cast_to=3 map_form=3 max_map=2
CategoryMapper 1 S:1-1 S:1-1 cats_int64s=7 cats_strings=8 default_int64=2 default_string=3
DictVectorizer 1 S:1-1 S:1-1 int64_vocabulary=7 string_vocabulary=8
FeatureVectorizer 1 V:1-* S:1-1 inputdimensions=7
Imputer 1 S:1-1 S:1-1 imputed_value_floats=6 imputed_value_int64s=7 replaced_value_float=1 replaced_value_int64=2
LabelEncoder 1 S:1-1 S:1-1 classes_strings=8 default_int64=2 default_string=3
LabelEncoder 2 S:1-1 S:1-1 default_float=1 default_int64=2 default_string=3 keys_floats=6 keys_int64s=7 keys_strings=8 values_floats=6 values_int64s=7 values_strings=8
LabelEncoder 4 S:1-1 S:1-1 default_float=1 default_int64=2 default_string=3 default_tensor=4 keys_floats=6 keys_int64s=7 keys_strings=8 keys_tensor=4 values_floats=6 values_int64s=7 values_strings=8 values_tensor=4
LinearClassifier 1 S:1-1 SS:2-2 classlabels_ints=7 classlabels_strings=8 coefficients=6! intercepts=6 multi_class=2 post_transform=3
LinearRegressor 1 S:1-1 S:1-1 coefficients=6 intercepts=6 post_transform=3 targets=2
Normalizer 1 S:1-1 S:1-1 norm=3
OneHotEncoder 1 S:1-1 S:1-1 cats_int64s=7 cats_strings=8 zeros=2
SVMClassifier 1 S:1-1 SS:2-2 classlabels_ints=7 classlabels_strings=8 coefficients=6 kernel_params=6 kernel_type=3 post_transform=3 prob_a=6 prob_b=6 rho=6 support_vectors=6 vectors_per_class=7
SVMRegressor 1 S:1-1 S:1-1 coefficients=6 kernel_params=6 kernel_type=3 n_supports=2 one_class=2 post_transform=3 rho=6 support_vectors=6
Scaler 1 S:1-1 S:1-1 offset=6 scale=6
TreeEnsemble 5 S:1-1 S:1-1 aggregate_function=2 leaf_targetids=7! leaf_weights=4! membership_values=4 n_targets=2 nodes_falseleafs=7! nodes_falsenodeids=7! nodes_featureids=7! nodes_hitrates=4 nodes_missing_value_tracks_true=7 nodes_modes=4! nodes_splits=4! nodes_trueleafs=7! nodes_truenodeids=7! post_transform=2 tree_roots=7!
TreeEnsembleClassifier 1 S:1-1 SS:2-2 base_values=6 class_ids=7 class_nodeids=7 class_treeids=7 class_weights=6 classlabels_int64s=7 classlabels_strings=8 nodes_falsenodeids=7 nodes_featureids=7 nodes_hitrates=6 nodes_missing_value_tracks_true=7 nodes_modes=8 nodes_nodeids=7 nodes_treeids=7 nodes_truenodeids=7 nodes_values=6 post_transform=3
TreeEnsembleClassifier 3 S:1-1 SS:2-2 base_values=6 base_values_as_tensor=4 class_ids=7 class_nodeids=7 class_treeids=7 class_weights=6 class_weights_as_tensor=4 classlabels_int64s=7 classlabels_strings=8 nodes_falsenodeids=7 nodes_featureids=7 nodes_hitrates=6 nodes_hitrates_as_tensor=4 nodes_missing_value_tracks_true=7 nodes_modes=8 nodes_nodeids=7 nodes_treeids=7 nodes_truenodeids=7 nodes_values=6 nodes_values_as_tensor=4 post_transform=3
TreeEnsembleClassifier 5 deprecated
TreeEnsembleRegressor 1 S:1-1 S:1-1 aggregate_function=3 base_values=6 n_targets=2 nodes_falsenodeids=7 nodes_featureids=7 nodes_hitrates=6 nodes_missing_value_tracks_true=7 nodes_modes=8 nodes_nodeids=7 nodes_treeids=7 nodes_truenodeids=7 nodes_values=6 post_transform=3 target_ids=7 target_nodeids=7 target_treeids=7 target_weights=6
TreeEnsembleRegressor 3 S:1-1 S:1-1 aggregate_function=3 base_values=6 base_values_as_tensor=4 n_targets=2 nodes_falsenodeids=7 nodes_featureids=7 nodes_hitrates=6 nodes_hitrates_as_tensor=4 nodes_missing_value_tracks_true=7 nodes_modes=8 nodes_nodeids=7 nodes_treeids=7 nodes_truenodeids=7 nodes_values=6 nodes_values_as_tensor=4 post_transform=3 target_ids=7 target_nodeids=7 target_treeids=7 target_weights=6 target_weights_as_tensor=4
TreeEnsembleRegressor 5 deprecated
ZipMap 1 S:1-1 S:1-1 classlabels_int64s=7 classlabels_strings=8
@ ai.onnx.preview
FlexAttention 1 SSS:3-3 S:1-1 prob_mod=5 scale=1 score_mod=5 softmax_precision=2
@ ai.onnx.preview.training
Adagrad 1 SSV:3-* V:1-* decay_factor=1 epsilon=1 norm_coefficient=1
Adam 1 SSV:3-* V:1-* alpha=1 beta=1 epsilon=1 norm_coefficient=1 norm_coefficient_post=1
Gradient 1 V:1-* V:1-* xs=8! y=3! zs=8
Momentum 1 SSV:3-* V:1-* alpha=1! beta=1! mode=3! norm_coefficient=1!
`;
