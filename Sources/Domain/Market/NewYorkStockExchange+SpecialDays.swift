// The exchange's closings, late openings and early closes that no rule gives.

extension NewYorkStockExchange {
    /// Summers, mostly, in which there was no Saturday session.
    static let saturdayRecesses = SpecialDays(
        """
        1944-08-19/1944-09-02 1945-07-07/1945-09-01 1946-06-01/1946-09-28 1947-05-31/1947-09-27
        1948-05-29/1948-09-25 1949-05-28/1949-09-24 1950-06-03/1950-09-30 1951-06-02/1951-09-29
        """)

    /// Days without a session.
    static let closures = SpecialDays(closuresBesideHolidays + "\n" + closuresForAnOccasion)

    private static let closuresBesideHolidays = """
        1916-12-30 New Year's
        1899-02-11 1909-02-13 1968-02-12 Lincoln's Birthday
        1901-02-23 1903-02-21 1907-02-23 1929-02-23 1946-02-23 Washington's Birthday
        1900-04-14 1901-04-06 1902-03-29 1903-04-11 1905-04-22 1907-03-30 1908-04-18 Good Friday
        1909-04-10 1910-03-26 1911-04-15 1913-03-22 1920-04-03 1929-03-30 1930-04-19 Good Friday
        1899-05-29 1902-05-31 1904-05-28 1909-05-29 1910-05-28 1913-05-31 Decoration Day
        1919-05-31 1921-05-28 1924-05-31 1926-05-29 1930-05-31 1937-05-29 Decoration Day
        1961-05-29 Memorial Day
        1887-07-02 1890-07-05 1892-07-02 1898-07-02 1899-07-03 Independence Day
        1901-07-05/1901-07-06 1902-07-05 1904-07-02 1909-07-03 1910-07-02 Independence Day
        1913-07-05 1919-07-05 1920-07-03 1921-07-02 1926-07-03 1930-07-05 Independence Day
        1932-07-02 1937-07-03 1968-07-05 Independence Day
        1888-09-01 1898-09-03 1900-09-01 1901-08-31 1902-08-30 1903-09-05 1904-09-03 Labor Day
        1907-08-31 1908-09-05 1909-09-04 1910-09-03 1911-09-02 1912-08-31 1913-08-30 Labor Day
        1917-09-01 1919-08-30 1920-09-04 1921-09-03 1926-09-04 1929-08-31 1930-08-30 Labor Day
        1931-09-05 Labor Day
        1917-10-13 1945-10-13 Columbus Day
        1968-11-11 Veterans Day
        1888-11-30 Thanksgiving
        1887-12-24 1891-12-26 1896-12-26 1898-12-24 1900-12-24 1903-12-26 1904-12-24 Christmas
        1908-12-26 1910-12-24 1911-12-23 1922-12-23 1925-12-26 1931-12-26 1936-12-26 Christmas
        1945-12-24 1949-12-24 1950-12-23 1956-12-24 1958-12-26 Christmas
        """

    private static let closuresForAnOccasion = """
        1885-08-08 funeral of Ulysses S. Grant
        1888-03-12/1888-03-13 blizzard
        1889-04-29/1889-05-01 centennial of Washington's inauguration
        1892-10-12 1892-10-21/1892-10-22 1893-04-27 Columbian celebrations
        1897-04-27 Grant's birthday
        1898-05-04 Charter Day
        1898-08-20 return of the fleet
        1899-09-29/1899-09-30 return of Admiral Dewey
        1899-11-25 funeral of Vice-President Hobart
        1901-02-02 funeral of Queen Victoria
        1901-04-27 1901-05-11 move into the Produce Exchange, and enlargement there
        1901-09-14 1901-09-19 death and funeral of President McKinley
        1902-08-09 coronation of Edward VII
        1903-04-22 opening of the new building
        1909-09-25 Hudson-Fulton celebration
        1912-11-02 funeral of Vice-President Sherman
        1914-07-31/1914-12-11 outbreak of the World War
        1917-06-05 1918-09-12 draft registration
        1917-08-04 heat
        1918-01-28 1918-02-04 1918-02-11 days without heating, to save coal
        1918-11-11 Armistice
        1919-03-25 1919-05-06 return of the 27th and of the 77th Division
        1919-07-19 1919-08-02 1919-08-16 backlog
        1919-09-10 return of General Pershing
        1920-05-01 moving day
        1921-11-11 burial of the Unknown Soldier
        1923-08-03 1923-08-10 death and funeral of President Harding
        1927-06-13 parade for Charles Lindbergh
        1928-04-07 1928-04-21 1928-05-05 1928-05-12 1928-05-19 1928-05-26 1928-11-24 backlog
        1929-02-09 1929-11-01/1929-11-02 1929-11-09 1929-11-16 1929-11-23 backlog
        1929-11-29/1929-11-30 backlog
        1933-01-07 funeral of Calvin Coolidge
        1933-03-04 1933-03-06/1933-03-14 bank holidays of the State and of the nation
        1933-07-29 1933-08-05 1933-08-12 1933-08-19 1933-08-26 1933-09-02 heavy volume
        1945-04-14 mourning for President Roosevelt
        1945-08-15/1945-08-16 victory over Japan
        1945-10-27 Navy Day
        1946-05-25 railroad strike
        1948-01-03 snow
        1963-11-25 funeral of President Kennedy
        1968-04-09 mourning for Martin Luther King
        1968-06-12 1968-06-19 1968-06-26 1968-07-10 1968-07-17 1968-07-24 1968-07-31 paperwork
        1968-08-07 1968-08-14 1968-08-21 1968-08-28 1968-09-11 1968-09-18 1968-09-25 paperwork
        1968-10-02 1968-10-09 1968-10-16 1968-10-23 1968-10-30 1968-11-20 1968-12-04 paperwork
        1968-12-11 1968-12-18 paperwork
        1969-02-10 snow
        1969-03-31 funeral of Dwight D. Eisenhower
        1969-07-21 first landing on the Moon
        1972-12-28 funeral of Harry S. Truman
        1973-01-25 funeral of Lyndon B. Johnson
        1977-07-14 blackout
        1985-09-27 hurricane Gloria
        1994-04-27 funeral of Richard M. Nixon
        2001-09-11/2001-09-14 attack on the World Trade Center
        2004-06-11 mourning for Ronald Reagan
        2007-01-02 mourning for Gerald R. Ford
        2012-10-29/2012-10-30 hurricane Sandy
        2018-12-05 mourning for George H. W. Bush
        2025-01-09 mourning for Jimmy Carter
        """

    /// Openings later than usual; where only a minute, for a minute's silence.
    static let lateOpenings = SpecialDays(
        """
        1910-05-20 12:00 funeral of Edward VII
        1913-04-14 12:00 funeral of J. P. Morgan
        1913-09-22 12:00 funeral of Mayor Gaynor
        1919-12-30 1920-02-06 10:30 blocked traffic
        1921-08-02 13:00 fire in the annunciator board
        1925-01-24 10:45 eclipse of the Sun
        1929-10-31 12:00 backlog
        1933-07-24/1933-07-25 12:00 heavy volume
        1933-07-26/1933-07-28 11:00 heavy volume
        1934-02-20 11:00 snow
        1936-01-28 11:00 funeral of George V
        1960-12-12 11:00 snow
        1965-11-10 11:05 blackout
        1967-02-07 10:15 snow
        1969-02-11 11:00 snow
        1969-06-02 10:45 storm
        1973-12-17 11:00 ice
        1974-01-16 10:15 a large broker's computers
        1974-11-22 10:15 fire drill
        1976-02-02 11:15 storm
        1976-06-08 10:15 fire drill; the time is an estimate
        1978-01-20 12:00 snow
        1978-02-07 11:00 snow
        1989-11-10 11:00 fire
        1990-12-27 11:00 explosion of a transformer
        1991-01-17 1991-02-25 09:31 troops in the Persian Gulf
        1995-12-18 10:30 the exchange's computers
        1996-01-08 11:00 snow
        2001-09-17 09:33 victims of 11 September
        2001-10-08 09:31 troops in Afghanistan
        2002-09-11 12:00 anniversary of 11 September
        2003-03-20 09:32 troops in Iraq
        2004-06-07 09:32 Ronald Reagan
        2006-12-27 09:32 Gerald R. Ford
        """)

    /// Closes earlier than usual, announced or forced.
    static let earlyCloses = SpecialDays(
        """
        1908-06-26 13:00 funeral of Grover Cleveland
        1910-05-07 11:00 death of Edward VII
        1917-08-29 12:00 parade of the National Guard
        1917-10-24 1918-04-26 12:00 Liberty Day
        1918-11-07 14:30 false report of an armistice
        1919-01-07 12:30 funeral of Theodore Roosevelt
        1920-09-16 12:00 bombing of Wall Street
        1924-02-06 12:30 funeral of Woodrow Wilson
        1925-09-18 14:30 funeral of Seymour Cromwell, a president of the exchange
        1928-05-21/1928-05-25 14:00 backlog
        1929-11-06/1929-11-08 1929-11-11/1929-11-15 1929-11-18/1929-11-22 13:00 backlog
        1930-03-11 12:30 funeral of William H. Taft
        1933-07-26/1933-07-28 14:00 heavy volume
        1933-08-04 12:30 fumes on the floor
        1933-09-13 12:00 parade for the National Recovery Act
        1951-12-24 13:00 Christmas Eve
        1963-11-22 14:07 assassination of President Kennedy
        1964-10-23 14:00 funeral of Herbert Hoover
        1966-01-06/1966-01-14 14:00 transit strike
        1967-02-07 14:00 snow
        1967-08-08/1967-08-18 1968-01-22/1968-03-01 14:00 backlog
        1969-01-02/1969-07-03 14:00 paperwork
        1969-07-07/1969-09-26 14:30 paperwork
        1969-09-29/1970-05-01 15:00 paperwork
        1974-12-24 1975-12-24 14:00 Christmas Eve
        1975-02-12 14:30 snow
        1976-08-09 15:00 hurricane watch
        1978-02-06 14:00 snow
        1981-03-30 15:17 attempt on President Reagan's life
        1981-09-09 15:28 power failure
        1987-10-23/1987-10-30 14:00 backlog after the crash
        1987-11-02/1987-11-04 14:30 backlog
        1987-11-05/1987-11-06 15:00 backlog
        1987-11-09/1987-11-11 15:30 backlog
        1994-02-11 14:30 snow
        1996-01-08 14:00 snow
        1997-10-27 15:30 circuit breaker
        1997-12-26 2003-12-26 13:00 Friday after Christmas
        1999-12-31 13:00 the year 2000
        2005-06-01 15:56 communications failure
        """)
}
