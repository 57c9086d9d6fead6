import Glibc

/// What a shell does with jobs, and the kernel with signals.
enum JobControl {
    /// Whether this process may write to the terminal as it likes: it is the shell's foreground
    /// job, or no shell shares the terminal with it.
    static var isInForeground: Bool {
        let group = tcgetpgrp(STDOUT_FILENO)
        return group < 0 || group == getpgrp()
    }

    /// Whether whoever started this process has it ignore a signal, as `nohup` does.
    static func isIgnored(_ number: Int32) -> Bool {
        var action = sigaction()
        guard unsafe sigaction(number, nil, &action) == 0 else { return false }
        let handler = unsafe action.__sigaction_handler.sa_handler
        return unsafe unsafeBitCast(handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
    }

    /// Does what the kernel does with a signal that nobody handles: ends the process, or stops it
    /// and returns once it goes on. A job that no shell could continue is not stopped.
    ///
    /// The signal may be blocked in all threads; what another one handles it with is left as it is.
    static func takeDefaultAction(of number: Int32) {
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        unsafe sigaddset(&signals, number)
        let handler = signal(number, SIG_DFL)
        unsafe pthread_sigmask(SIG_UNBLOCK, &signals, nil)
        raise(number)
        unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
        signal(number, handler)
    }
}
