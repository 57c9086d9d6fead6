import Driver
import Market

@testable import MarketFeeds

/// Any bytes give bars or a typed error, the same ones whatever is read at a time.
///
/// Two bytes say how the rest is to be read.
@main
enum Tables {
    static let name = "bars.csv"
    static let timeframes = ["1d", "1m", "1h", "1w"].compactMap(Timeframe.init)
    static let markets = [nil, "A", "SPY", ""]
    static let timeZones = [nil, "UTC", "America/New_York", "Europe/Nowhere"]
    static let blockSizes = [1, 7, 64, 1000]
    /// More than any input has; a program's own blocks take longer to set aside than to read.
    static let wholeBytes = 16_384

    /// What a reading comes to.
    struct Outcome {
        var bars: [Bar] = []
        var error: CSVError?
    }

    static func main() {
        fuzz { start, count in
            let bytes = Array(UnsafeBufferPointer(start: start, count: count))
            guard count >= 2 else { return 0 }
            Tables.check(bytes, Tables.options(bytes[0], bytes[1]))
            return 0
        }
    }

    static func options(_ first: UInt8, _ second: UInt8) -> CSVReadOptions {
        let calendars = SessionCalendar.allCases
        return CSVReadOptions(
            timeframe: timeframes[Int(second & 3)],
            calendar: calendars[Int(first >> 1 & 3) % calendars.count],
            price: first & 8 == 0 ? .close : .adjusted,
            stamp: first & 16 == 0 ? .close : .open,
            timeZone: timeZones[Int(second >> 4 & 3)],
            onBadRow: first & 1 == 0 ? .fail : .skip, market: markets[Int(second >> 2 & 3)])
    }

    static func check(_ bytes: [UInt8], _ options: CSVReadOptions) {
        let input = CSVInput.memory(bytes: Array(bytes[2...]), name: name)
        let whole = outcome(input, options, blockBytes: wholeBytes)
        let pieces = outcome(input, options, blockBytes: blockSizes[Int(bytes[1] >> 6)])
        expect(
            (whole.error == nil) == (pieces.error == nil)
                && (whole.error == pieces.error || isOfBlock(whole) || isOfBlock(pieces)),
            "with other blocks \(pieces.error?.description ?? "no error") in place of "
                + "\(whole.error?.description ?? "none")")
        expect(agree(whole.bars, pieces.bars), "bars depend on the blocks")
        // What is left of the first byte says how else it is read.
        if bytes[0] & 32 != 0 { checkValues(input, options) }
        if bytes[0] & 64 != 0 { checkInspection(input) }
    }

    static func outcome(
        _ input: CSVInput, _ options: CSVReadOptions, blockBytes: Int
    ) -> Outcome {
        var outcome = Outcome()
        do throws(CSVError) {
            let reader = try CSVBarReader(input, options, blockBytes: blockBytes)
            while let bar = try reader.next() {
                expect(!bar.close.isInfinite, "an infinite close")
                if let last = outcome.bars.last {
                    expect(last.timestamp < bar.timestamp, "bars out of order")
                }
                outcome.bars.append(bar)
            }
            let report = reader.report
            let sum =
                report.bars + report.identicalDuplicates + report.paddedRows + report.skippedRows
            expect(report.rows == sum, "the report's rows do not add up")
            expect(report.bars == outcome.bars.count, "the report counts other bars")
        } catch {
            checkText(error)
            if options.onBadRow == .fail {
                expect(outcome.bars.isEmpty, "bars were handed out before an error")
            }
            outcome = Outcome(error: error)
        }
        return outcome
    }

    /// Whether the error may be told before one of an earlier row: of several faults the one that
    /// is come upon first is told, and these come up when a block is read.
    static func isOfBlock(_ outcome: Outcome) -> Bool {
        switch outcome.error?.problem {
        case .binary, .corruptGzip, .truncatedGzip, .trailingGarbage: true
        default: false
        }
    }

    static func checkInspection(_ input: CSVInput) {
        do throws(CSVError) {
            _ = try CSVInspection.inspect(input)
        } catch {
            checkText(error)
        }
    }

    static func checkValues(_ input: CSVInput, _ options: CSVReadOptions) {
        do throws(CSVError) {
            let (readings, _) = try CSVExogenousReader.readings(
                input, column: options.market, timeframe: options.timeframe, options: options)
            for (one, next) in zip(readings, readings.dropFirst()) {
                expect(one.timestamp < next.timestamp, "readings out of order")
            }
        } catch {
            checkText(error)
        }
    }

    static func checkText(_ error: CSVError) {
        expect(error.description.hasPrefix(name), "an error that does not name its file")
    }

    static func agree(_ some: [Bar], _ others: [Bar]) -> Bool {
        some.count == others.count
            && zip(some, others).allSatisfy {
                $0.saysTheSame(as: $1) && $0.availableAt == $1.availableAt
            }
    }
}
