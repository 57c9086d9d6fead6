/// Sessions of the New York Stock Exchange as they historically were.
enum NewYorkStockExchange {
    static func session(on date: CivilDate) -> Session? {
        guard date.weekday != .saturday, date.weekday != .sunday else { return nil }
        return Session(
            date: date, open: NewYorkClock.instant(date, secondsOfDay: 34_200),
            close: regularClose(on: date))
    }

    static func regularClose(on date: CivilDate) -> Timestamp {
        NewYorkClock.instant(date, secondsOfDay: 57_600)
    }
}
