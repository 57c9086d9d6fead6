/// The sectors of the Global Industry Classification Standard (MSCI and S&P, 2023).
package enum Sector: String, Sendable, CaseIterable {
    case energy
    case materials
    case industrials
    case consumerDiscretionary = "consumer_discretionary"
    case consumerStaples = "consumer_staples"
    case healthCare = "health_care"
    case financials
    case informationTechnology = "information_technology"
    case communicationServices = "communication_services"
    case utilities
    case realEstate = "real_estate"

    /// A sector from its label; any other label is an error that lists the valid ones.
    package init(label: some StringProtocol) throws(InvalidSector) {
        guard let sector = Sector(rawValue: String(label)) else {
            throw InvalidSector(label: String(label))
        }
        self = sector
    }
}

package struct InvalidSector: Error, Equatable, CustomStringConvertible {
    package let label: String

    package var description: String {
        let labels = Sector.allCases.map(\.rawValue).joined(separator: ", ")
        return "Invalid sector value: \(label). Must be one of: \(labels)"
    }
}
