import ArgumentParser
import Terminal

/// How a verb shows what it has to say.
struct DisplayOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Colours: auto, always or never.",
            discussion: """
                auto: on a terminal, unless NO_COLOR is set or TERM is dumb; elsewhere when \
                CLICOLOR_FORCE or FORCE_COLOR is set.
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
