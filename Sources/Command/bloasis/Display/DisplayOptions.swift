import ArgumentParser
import Terminal

/// How a verb shows what it has to say.
struct DisplayOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Colours: auto, always or never.",
            discussion: """
                auto: on a terminal, unless NO_COLOR is set or TERM is dumb; in pipes and on \
                dumb terminals too when FORCE_COLOR or CLICOLOR_FORCE is set and is not 0 or \
                false. NO_COLOR wins over those two, always and never over all three.
                """, valueName: "auto|always|never"))
    var color: ColourChoice = .auto

    @Flag(name: .shortAndLong, help: "Only data and errors: no progress, no notes, no warnings.")
    var quiet = false
}

extension ColourChoice: ExpressibleByArgument {}

/// A verb of the command line.
protocol Verb: AsyncParsableCommand {
    var display: DisplayOptions { get }
}

/// A verb that reads the configuration.
protocol ConfiguredVerb: Verb {
    var common: CommonOptions { get }
}

extension ConfiguredVerb {
    var display: DisplayOptions { common.display }
}
