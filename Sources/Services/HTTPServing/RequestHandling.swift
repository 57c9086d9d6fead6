import Hummingbird
import Ports

/// What every request goes through, whatever its route. One piece of middleware, because each costs
/// as much as answering from a cache does.
struct RequestHandling: RouterMiddleware {
    let observation: RequestObservation
    let crossOrigin: CrossOrigin
    let bounds: RequestBounds
    let faults: FaultResponses

    func handle(
        _ request: Request, context: HTTPContext,
        next: @concurrent (Request, HTTPContext) async throws -> Response
    ) async throws -> Response {
        let (call, start) = observation.begin(request)
        return await CallContext.$current.withValue(call) {
            let response = await answer(to: request, context, next)
            observation.end(request, context, response, since: start)
            return response
        }
    }

    private func answer(
        to request: Request, _ context: HTTPContext,
        _ next: @concurrent (Request, HTTPContext) async throws -> Response
    ) async -> Response {
        if let answered = crossOrigin.answer(to: request) { return answered }
        var response: Response
        do {
            if let refusal = try bounds.refusal(of: request, context) {
                response = refusal
            } else {
                response = try await next(request.inviting(on: context.channel), context)
            }
        } catch {
            response = faults.answer(to: request, context, error)
        }
        crossOrigin.mark(&response, to: request)
        return response
    }
}
