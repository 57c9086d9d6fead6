import CLanes

/// 2 doubles side by side.
struct Lanes2: Lanes {
    struct Bits: LaneBits {
        var value: SIMD2<Int64>

        @inline(__always) init(value: SIMD2<Int64>) { self.value = value }
        @inline(__always) init(_ scalar: Int64) { value = lanes2_bits_all(scalar) }
        @inline(__always) init(maskOf bits: UInt8, firstLane: Int) {
            let ofLane = SIMD2<Int64>(1, 2)
            value = lanes2_mask(bits &>> UInt8(truncatingIfNeeded: firstLane), ofLane)
        }

        @inline(__always) static func &+ (a: Self, b: Self) -> Self {
            Self(value: lanes2_bits_add(a.value, b.value))
        }
        @inline(__always) static func &- (a: Self, b: Self) -> Self {
            Self(value: lanes2_bits_sub(a.value, b.value))
        }
        @inline(__always) static func & (a: Self, b: Self) -> Self {
            Self(value: lanes2_bits_and(a.value, b.value))
        }
        @inline(__always) static func | (a: Self, b: Self) -> Self {
            Self(value: lanes2_bits_or(a.value, b.value))
        }
        @inline(__always) func shiftedLeft(by count: Int32) -> Self {
            Self(value: lanes2_bits_left(value, count))
        }
        @inline(__always) func shiftedRight(by count: Int32) -> Self {
            Self(value: lanes2_bits_right(value, count))
        }
        @inline(__always) func shiftedRight(by counts: Self) -> Self {
            Self(value: lanes2_bits_right_each(value, counts.value))
        }
        @inline(__always) func storeBytes(at address: UnsafeMutablePointer<UInt8>) {
            lanes2_bits_store_bytes(value, address)
        }
        @inline(__always) var asLanes: Lanes2 { Lanes2(value: lanes2_of_bits(value)) }
    }

    static var count: Int { @inline(__always) get { 2 } }
    var value: SIMD2<Double>

    @inline(__always) init(value: SIMD2<Double>) { self.value = value }
    @inline(__always) init(_ scalar: Double) { value = lanes2_all(scalar) }
    @inline(__always) init(at address: UnsafePointer<Double>) { value = lanes2_load(address) }
    @inline(__always) func store(at address: UnsafeMutablePointer<Double>) {
        lanes2_store(value, address)
    }
    @inline(__always) func stream(at address: UnsafeMutablePointer<Double>) {
        lanes2_stream(value, address)
    }
    @inline(__always) func storeBytes(at address: UnsafeMutablePointer<UInt8>) {
        lanes2_store_bytes(value, address)
    }
    @inline(__always) func storeFirst(at address: UnsafeMutablePointer<Double>) {
        address.pointee = value[0]
    }

    @inline(__always) static func + (a: Self, b: Self) -> Self {
        Self(value: lanes2_add(a.value, b.value))
    }
    @inline(__always) static func - (a: Self, b: Self) -> Self {
        Self(value: lanes2_sub(a.value, b.value))
    }
    @inline(__always) static func * (a: Self, b: Self) -> Self {
        Self(value: lanes2_mul(a.value, b.value))
    }
    @inline(__always) static func / (a: Self, b: Self) -> Self {
        Self(value: lanes2_div(a.value, b.value))
    }
    @inline(__always) func addingProduct(_ a: Self, _ b: Self) -> Self {
        Self(value: lanes2_fma(a.value, b.value, value))
    }
    @inline(__always) func subtractingProduct(_ a: Self, _ b: Self) -> Self {
        Self(value: lanes2_fnma(a.value, b.value, value))
    }
    @inline(__always) func squareRoot() -> Self { Self(value: lanes2_sqrt(value)) }
    @inline(__always) static func larger(_ a: Self, _ b: Self) -> Self {
        Self(value: lanes2_max(a.value, b.value))
    }
    @inline(__always) static func smaller(_ a: Self, _ b: Self) -> Self {
        Self(value: lanes2_min(a.value, b.value))
    }
    @inline(__always) static func < (a: Self, b: Self) -> Bits {
        Bits(value: lanes2_lt(a.value, b.value))
    }
    @inline(__always) static func <= (a: Self, b: Self) -> Bits {
        Bits(value: lanes2_le(a.value, b.value))
    }
    @inline(__always) static func == (a: Self, b: Self) -> Bits {
        Bits(value: lanes2_eq(a.value, b.value))
    }
    @inline(__always) static func select(_ mask: Bits, _ a: Self, _ b: Self) -> Self {
        Self(value: lanes2_select(mask.value, a.value, b.value))
    }
    @inline(__always) var asBits: Bits { Bits(value: lanes2_bits(value)) }
}
