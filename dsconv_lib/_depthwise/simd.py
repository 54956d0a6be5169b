"""Vectors for numba: what LLVM's own vectoriser does not manage with short rows.

numba compiles loops over numbers and leaves it to LLVM to find vectors in them. In a convolution
it mostly does not: it cannot know that input and output do not overlap, and rows of 14 columns
end before its unrolled loop begins. So the vectors are said outright. A `Vector` fills an AVX-512
register where there is one, and else an AVX register, 8 float32 or 4 float64; where registers are
narrower, LLVM takes two. Of those of AVX-512 there are 32, of the others 16.

Products are added with the `contract` flag: one fused multiply-add where the machine has it, two
instructions where it has not, and no other change of the order of operations.

Memory is reached through pointers, not arrays: an array brings its shape, strides and a reference
count along, which costs more than the work on a short row.
"""

from llvmlite import ir
from llvmlite.binding import get_host_cpu_features
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, models, register_model

BYTES = 64 if get_host_cpu_features().get("avx512f") else 32
REGISTERS = BYTES // 2
_ELEMENTS = {types.float32: ir.FloatType(), types.float64: ir.DoubleType()}
_FUSED = ("contract",)


class Vector(types.Type):
    """As many elements as fit into `BYTES`, side by side."""

    def __init__(self, dtype: types.Type):
        self.dtype = dtype
        self.lanes = BYTES * 8 // dtype.bitwidth
        self.llvm = ir.VectorType(_ELEMENTS[dtype], self.lanes)
        super().__init__(name=f"Vector({dtype} x {self.lanes})")


@register_model(Vector)
class _VectorModel(models.PrimitiveModel):
    def __init__(self, manager, vector: Vector):
        super().__init__(manager, vector, vector.llvm)


def _read(builder, pointer, vector: Vector):
    value = builder.load(builder.bitcast(pointer, vector.llvm.as_pointer()))
    value.align = vector.dtype.bitwidth // 8
    return value


def _write(builder, pointer, value, vector: Vector):
    made = builder.store(value, builder.bitcast(pointer, vector.llvm.as_pointer()))
    made.align = vector.dtype.bitwidth // 8


def _add_product(builder, a, b, total):
    return builder.fadd(builder.fmul(a, b, flags=_FUSED), total, flags=_FUSED)


def _entries(builder, values, count: int):
    return [builder.extract_value(values, k) for k in range(count)]


@intrinsic
def pointer(_, address, like):
    """The memory at an address as elements of the type of ``like``; it must outlive the pointer."""
    result = types.CPointer(like)

    def build(context, builder, signature, args):
        return builder.inttoptr(args[0], context.get_value_type(result))

    return result(types.uintp, like), build


@intrinsic
def advance(_, start, count):
    """The pointer ``count`` elements further on."""

    def build(context, builder, signature, args):
        return builder.gep(args[0], [args[1]])

    return start(start, types.intp), build


@intrinsic
def lanes(_, start):
    """Elements in a vector of the pointer's type; a constant when compiled."""
    count = Vector(start.dtype).lanes

    def build(context, builder, signature, args):
        return ir.Constant(ir.IntType(64), count)

    return types.int64(start), build


@intrinsic
def splat(_, start, value):
    """A vector of the pointer's type with ``value`` in every lane."""
    vector = Vector(start.dtype)

    def build(context, builder, signature, args):
        number = context.cast(builder, args[1], signature.args[1], vector.dtype)
        filled = ir.Constant(vector.llvm, ir.Undefined)
        for lane in range(vector.lanes):
            filled = builder.insert_element(filled, number, ir.Constant(ir.IntType(32), lane))
        return filled

    return vector(start, value), build


@intrinsic
def load(_, start, index):
    """The vector whose first lane is element ``index``."""
    vector = Vector(start.dtype)

    def build(context, builder, signature, args):
        return _read(builder, builder.gep(args[0], [args[1]]), vector)

    return vector(start, types.intp), build


@intrinsic
def store(_, start, index, value):
    """Write a vector to element ``index`` and those after it."""

    def build(context, builder, signature, args):
        _write(builder, builder.gep(args[0], [args[1]]), args[2], signature.args[2])
        return context.get_dummy_value()

    return types.void(start, types.intp, value), build


def _prefetch(writing: int):
    """What `prefetch` and `prefetch_to_write` build."""

    def build(context, builder, signature, args):
        number, place = ir.IntType(32), ir.IntType(8).as_pointer()
        kind = ir.FunctionType(ir.VoidType(), [place, number, number, number])
        function = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        address = builder.bitcast(builder.gep(args[0], [args[1]]), place)
        # Into the second level, as data.
        builder.call(function, [address, number(writing), number(2), number(1)])
        return context.get_dummy_value()

    return build


@intrinsic
def prefetch(_, start, index):
    """Ask for the cache line of element ``index``, which need not exist: it will be read soon."""
    return types.void(start, types.intp), _prefetch(0)


@intrinsic
def prefetch_to_write(_, start, index):
    """Ask for the cache line of element ``index``, which need not exist: it will be written."""
    return types.void(start, types.intp), _prefetch(1)


@intrinsic
def multiples(_, numbers, factor):
    """``numbers[k] * factor`` for every ``k``."""
    count = len(numbers)

    def build(context, builder, signature, args):
        products = [builder.mul(number, args[1]) for number in _entries(builder, args[0], count)]
        return context.make_tuple(builder, signature.return_type, products)

    offsets = types.UniTuple(types.intp, count)
    return offsets(offsets, types.intp), build


@intrinsic
def load_each(_, start, index, offsets):
    """One vector for each of the offsets, read at ``index + offset``."""
    vector, count = Vector(start.dtype), len(offsets)

    def build(context, builder, signature, args):
        base = builder.gep(args[0], [args[1]])
        places = [builder.gep(base, [k]) for k in _entries(builder, args[2], count)]
        values = [_read(builder, place, vector) for place in places]
        return context.make_tuple(builder, signature.return_type, values)

    offsets = types.UniTuple(types.intp, count)
    return types.UniTuple(vector, count)(start, types.intp, offsets), build


@intrinsic
def load_next(_, start, index, like):
    """As many vectors as the tuple ``like`` has entries, one after the other."""
    vector, count = Vector(start.dtype), len(like)

    def build(context, builder, signature, args):
        base = builder.gep(args[0], [args[1]])
        steps = [ir.Constant(ir.IntType(64), k * vector.lanes) for k in range(count)]
        values = [_read(builder, builder.gep(base, [step]), vector) for step in steps]
        return context.make_tuple(builder, signature.return_type, values)

    return types.UniTuple(vector, count)(start, types.intp, like), build


@intrinsic
def store_next(_, start, index, values):
    """Write vectors one after the other."""
    vector, count = values.dtype, len(values)

    def build(context, builder, signature, args):
        base = builder.gep(args[0], [args[1]])
        for k, value in enumerate(_entries(builder, args[2], count)):
            step = ir.Constant(ir.IntType(64), k * vector.lanes)
            _write(builder, builder.gep(base, [step]), value, vector)
        return context.get_dummy_value()

    return types.void(start, types.intp, values), build


@intrinsic
def zeros_like(_, values):
    """As many vectors of zeros as the tuple ``values`` has entries."""

    def build(context, builder, signature, args):
        zeros = [ir.Constant(values.dtype.llvm, None)] * len(values)
        return context.make_tuple(builder, signature.return_type, zeros)

    return values(values), build


@intrinsic
def add_scaled(_, totals, factor, values):
    """``totals[k] + factor * values[k]`` for every ``k``, lane by lane."""
    count = len(values)

    def build(context, builder, signature, args):
        totals, factor, values = args
        pairs = zip(_entries(builder, totals, count), _entries(builder, values, count), strict=True)
        sums = [_add_product(builder, factor, value, total) for total, value in pairs]
        return context.make_tuple(builder, signature.return_type, sums)

    return totals(totals, factor, values), build


@intrinsic
def push(_, values, newest):
    """The tuple with ``newest`` before its entries, and without its last one."""
    count = len(values)

    def build(context, builder, signature, args):
        kept = _entries(builder, args[0], count)[:-1]
        return context.make_tuple(builder, signature.return_type, [args[1], *kept])

    return values(values, newest), build


@intrinsic
def roll(_, sums, start, weights, taps):
    """Begin a sum with ``start``, move the others on by one, and add one row of taps to each.

    ``result[r] = (start, *sums)[r] + sum_k(weights[r, k] * taps[k])``, lane by lane.
    """
    rows, count = len(sums), len(taps)

    def build(context, builder, signature, args):
        sums, start, weights, taps = args
        totals = [start, *_entries(builder, sums, rows)[:-1]]
        factors = _entries(builder, weights, rows * count)
        for k, tap in enumerate(_entries(builder, taps, count)):
            for r in range(rows):
                totals[r] = _add_product(builder, factors[r * count + k], tap, totals[r])
        return context.make_tuple(builder, signature.return_type, totals)

    return sums(sums, start, weights, taps), build


@intrinsic
def add_products(_, totals, rows, columns):
    """``totals[r, k] + rows[r] * columns[k]`` for every ``r`` and ``k``, lane by lane."""
    height, width = len(rows), len(columns)

    def build(context, builder, signature, args):
        totals, rows, columns = args
        sums = _entries(builder, totals, height * width)
        across = _entries(builder, columns, width)
        for r, row in enumerate(_entries(builder, rows, height)):
            for k, column in enumerate(across):
                sums[r * width + k] = _add_product(builder, row, column, sums[r * width + k])
        return context.make_tuple(builder, signature.return_type, sums)

    return totals(totals, rows, columns), build


def _first(builder, vector: Vector, count):
    """A mask of the first ``count`` lanes."""
    number = ir.IntType(64)
    kind = ir.VectorType(number, vector.lanes)
    limit = ir.Constant(kind, ir.Undefined)
    for lane in range(vector.lanes):
        limit = builder.insert_element(limit, count, ir.Constant(ir.IntType(32), lane))
    return builder.icmp_signed("<", ir.Constant(kind, list(range(vector.lanes))), limit)


def _call_masked(builder, name: str, vector: Vector, result, args):
    """Call LLVM's ``masked.load`` or ``masked.store``, which do not touch the other lanes."""
    kind = ir.FunctionType(result, [arg.type for arg in args])
    full_name = f"llvm.masked.{name}.v{vector.lanes}f{vector.dtype.bitwidth}.p0"
    return builder.call(cgutils.get_or_insert_function(builder.module, kind, full_name), args)


@intrinsic
def load_first(_, start, index, count):
    """The vector whose first lanes are the ``count`` elements from ``index`` on, the others 0."""
    vector = Vector(start.dtype)

    def build(context, builder, signature, args):
        place = builder.bitcast(builder.gep(args[0], [args[1]]), vector.llvm.as_pointer())
        mask, align = _first(builder, vector, args[2]), ir.IntType(32)(vector.dtype.bitwidth // 8)
        rest = ir.Constant(vector.llvm, None)
        return _call_masked(builder, "load", vector, vector.llvm, [place, align, mask, rest])

    return vector(start, types.intp, types.intp), build


@intrinsic
def store_first(_, start, index, value, count):
    """Write the first ``count`` lanes of a vector to element ``index`` and those after it."""

    def build(context, builder, signature, args):
        vector = signature.args[2]
        place = builder.bitcast(builder.gep(args[0], [args[1]]), vector.llvm.as_pointer())
        mask, align = _first(builder, vector, args[3]), ir.IntType(32)(vector.dtype.bitwidth // 8)
        _call_masked(builder, "store", vector, ir.VoidType(), [args[2], place, align, mask])
        return context.get_dummy_value()

    return types.void(start, types.intp, value, types.intp), build
