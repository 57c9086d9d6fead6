/// Doubles side by side, as wide as a kernel is instantiated for.
///
/// No operation looks at another lane, and none is fused unless it says so: whatever the width and
/// whatever the instruction set, a lane gets the same bits.
protocol Lanes {
    associatedtype Bits: LaneBits where Bits.Values == Self

    static var count: Int { get }
    /// The same value in every lane.
    init(_ scalar: Double)
    /// `count` values from an address that need not be aligned to more than a value is.
    init(at address: UnsafePointer<Double>)
    func store(at address: UnsafeMutablePointer<Double>)
    /// Past the caches, to a multiple of the register's size; `lanes_end_of_stream()` comes last.
    func stream(at address: UnsafeMutablePointer<Double>)
    /// The first lane alone.
    func storeFirst(at address: UnsafeMutablePointer<Double>)
    /// Whole numbers of 0 … 255, a byte each.
    func storeBytes(at address: UnsafeMutablePointer<UInt8>)

    static func + (a: Self, b: Self) -> Self
    static func - (a: Self, b: Self) -> Self
    static func * (a: Self, b: Self) -> Self
    static func / (a: Self, b: Self) -> Self
    /// self + a·b, rounded once.
    func addingProduct(_ a: Self, _ b: Self) -> Self
    /// self − a·b, rounded once.
    func subtractingProduct(_ a: Self, _ b: Self) -> Self
    func squareRoot() -> Self
    /// The larger; `b` where they are equal or one is not a number.
    static func larger(_ a: Self, _ b: Self) -> Self
    /// The smaller; `b` where they are equal or one is not a number.
    static func smaller(_ a: Self, _ b: Self) -> Self

    /// Masks: all ones in the lanes where the comparison holds. No lane with a NaN compares.
    static func < (a: Self, b: Self) -> Bits
    static func <= (a: Self, b: Self) -> Bits
    static func == (a: Self, b: Self) -> Bits
    /// `a` in the lanes of the mask, `b` in the others. A mask's lanes are all ones or all zeros.
    static func select(_ mask: Bits, _ a: Self, _ b: Self) -> Self
    var asBits: Bits { get }
}

/// The bits of doubles, or masks over them.
protocol LaneBits {
    associatedtype Values: Lanes where Values.Bits == Self

    init(_ scalar: Int64)
    /// All ones where bit `firstLane`, `firstLane` + 1, … of eight is set.
    init(maskOf bits: UInt8, firstLane: Int)
    static func &+ (a: Self, b: Self) -> Self
    static func &- (a: Self, b: Self) -> Self
    static func & (a: Self, b: Self) -> Self
    static func | (a: Self, b: Self) -> Self
    /// By a constant count of 0 … 63; the vacated bits are 0.
    func shiftedLeft(by count: Int32) -> Self
    func shiftedRight(by count: Int32) -> Self
    /// Each lane by its own count of 0 … 63.
    func shiftedRight(by counts: Self) -> Self
    var asLanes: Values { get }
    /// Integers of 0 … 255, a byte each.
    func storeBytes(at address: UnsafeMutablePointer<UInt8>)
}
