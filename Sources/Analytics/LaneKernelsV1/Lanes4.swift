import CLanes

/// 4 doubles side by side.
struct Lanes4: Lanes {
    struct Bits: LaneBits {
        var value: SIMD4<Int64>

        @inline(__always) init(value: SIMD4<Int64>) { self.value = value }
        @inline(__always) init(_ scalar: Int64) { value = lanes4_bits_all(scalar) }
        @inline(__always) init(maskOf bits: UInt8, firstLane: Int) {
            let ofLane = SIMD4<Int64>(1, 2, 4, 8)
            value = lanes4_mask(bits &>> UInt8(truncatingIfNeeded: firstLane), ofLane)
        }

        @inline(__always) static func &+ (a: Self, b: Self) -> Self {
            Self(value: lanes4_bits_add(a.value, b.value))
        }
        @inline(__always) static func &- (a: Self, b: Self) -> Self {
            Self(value: lanes4_bits_sub(a.value, b.value))
        }
        @inline(__always) static func & (a: Self, b: Self) -> Self {
            Self(value: lanes4_bits_and(a.value, b.value))
        }
        @inline(__always) static func | (a: Self, b: Self) -> Self {
            Self(value: lanes4_bits_or(a.value, b.value))
        }
        @inline(__always) func shiftedLeft(by count: Int32) -> Self {
            Self(value: lanes4_bits_left(value, count))
        }
        @inline(__always) func shiftedRight(by count: Int32) -> Self {
            Self(value: lanes4_bits_right(value, count))
        }
        @inline(__always) func shiftedRight(by counts: Self) -> Self {
            Self(value: lanes4_bits_right_each(value, counts.value))
        }
        @inline(__always) func storeBytes(at address: UnsafeMutablePointer<UInt8>) {
            lanes4_bits_store_bytes(value, address)
        }
        @inline(__always) var asLanes: Lanes4 { Lanes4(value: lanes4_of_bits(value)) }
    }

    static var count: Int { @inline(__always) get { 4 } }
    var value: SIMD4<Double>

    @inline(__always) init(value: SIMD4<Double>) { self.value = value }
    @inline(__always) init(_ scalar: Double) { value = lanes4_all(scalar) }
    @inline(__always) init(at address: UnsafePointer<Double>) { value = lanes4_load(address) }
    @inline(__always) func store(at address: UnsafeMutablePointer<Double>) {
        lanes4_store(value, address)
    }
    @inline(__always) func stream(at address: UnsafeMutablePointer<Double>) {
        lanes4_stream(value, address)
    }
    @inline(__always) func storeBytes(at address: UnsafeMutablePointer<UInt8>) {
        lanes4_store_bytes(value, address)
    }
    @inline(__always) func storeFirst(at address: UnsafeMutablePointer<Double>) {
        address.pointee = value[0]
    }

    @inline(__always) static func + (a: Self, b: Self) -> Self {
        Self(value: lanes4_add(a.value, b.value))
    }
    @inline(__always) static func - (a: Self, b: Self) -> Self {
        Self(value: lanes4_sub(a.value, b.value))
    }
    @inline(__always) static func * (a: Self, b: Self) -> Self {
        Self(value: lanes4_mul(a.value, b.value))
    }
    @inline(__always) static func / (a: Self, b: Self) -> Self {
        Self(value: lanes4_div(a.value, b.value))
    }
    @inline(__always) func addingProduct(_ a: Self, _ b: Self) -> Self {
        Self(value: lanes4_fma(a.value, b.value, value))
    }
    @inline(__always) func subtractingProduct(_ a: Self, _ b: Self) -> Self {
        Self(value: lanes4_fnma(a.value, b.value, value))
    }
    @inline(__always) func squareRoot() -> Self { Self(value: lanes4_sqrt(value)) }
    @inline(__always) static func larger(_ a: Self, _ b: Self) -> Self {
        Self(value: lanes4_max(a.value, b.value))
    }
    @inline(__always) static func smaller(_ a: Self, _ b: Self) -> Self {
        Self(value: lanes4_min(a.value, b.value))
    }
    @inline(__always) static func < (a: Self, b: Self) -> Bits {
        Bits(value: lanes4_lt(a.value, b.value))
    }
    @inline(__always) static func <= (a: Self, b: Self) -> Bits {
        Bits(value: lanes4_le(a.value, b.value))
    }
    @inline(__always) static func == (a: Self, b: Self) -> Bits {
        Bits(value: lanes4_eq(a.value, b.value))
    }
    @inline(__always) static func select(_ mask: Bits, _ a: Self, _ b: Self) -> Self {
        Self(value: lanes4_select(mask.value, a.value, b.value))
    }
    @inline(__always) var asBits: Bits { Bits(value: lanes4_bits(value)) }
}
