/// What a grant may allow (A1).
package enum Permission: String, Hashable, Sendable, Codable, CaseIterable {
  case view, listen, whisper, barge, takeover
  case textWhisper = "text-whisper"
  case mask
  case hearRecording = "hear-recording"
  case reviewAudit = "review-audit"
  case manageUsers = "manage-users"
  case managePolicy = "manage-policy"
}
