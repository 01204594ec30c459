import Foundation

/// `GET /healthz`, `/readyz`, `/metrics`: for whoever watches the process, without a token. They show numbers, never
/// names or calls.
struct ProbeEndpoints: Sendable {
  let probes: APIService.Probes

  var routes: [Router.Route] {
    [
      Router.Route(.get, "/healthz") { _ in .json(Health(status: "ok", faults: nil)) },
      Router.Route(.get, "/readyz") { [probes] _ in
        let faults = probes.faults()
        return faults.isEmpty
          ? .json(Health(status: "ready", faults: nil))
          : .json(Health(status: "not ready", faults: faults), status: 503)
      },
      Router.Route(.get, "/metrics") { [probes] _ in
        HTTPResponse(
          status: 200, headers: [.init("content-type", Metric.contentType)],
          body: Data(Metric.exposition(of: await probes.metrics()).utf8))
      },
    ]
  }

  private struct Health: Encodable {
    var status: String
    var faults: [String]?
  }
}
