import Glibc

/// A program that is run to its end, waited for by a thread of its own: nothing that blocks runs on Swift's pool.
enum ChildProgram {
  /// - Returns: its exit status; 127 if it couldn't be started, 128 and more if a signal ended it.
  static func run(_ path: String, _ arguments: [String]) async -> Int32 {
    await withCheckedContinuation { continuation in
      let job = Unmanaged.passRetained(Job(path: path, arguments: arguments, continuation: continuation))
      var thread = pthread_t()
      if pthread_create(&thread, nil, runJob, job.toOpaque()) == 0 {
        pthread_detach(thread)
      } else {
        job.release()
        continuation.resume(returning: 127)
      }
    }
  }

  fileprivate final class Job: Sendable {
    let path: String
    let arguments: [String]
    let continuation: CheckedContinuation<Int32, Never>

    init(path: String, arguments: [String], continuation: CheckedContinuation<Int32, Never>) {
      self.path = path
      self.arguments = arguments
      self.continuation = continuation
    }

    func execute() -> Int32 {
      var actions = posix_spawn_file_actions_t()
      posix_spawn_file_actions_init(&actions)
      defer { posix_spawn_file_actions_destroy(&actions) }
      for descriptor in 0...2 as ClosedRange<Int32> {
        posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_RDWR, 0)
      }
      var words: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) }
      defer { for word in words { free(word) } }
      words.append(nil)
      var process = pid_t()
      guard posix_spawn(&process, path, &actions, nil, words, environ) == 0 else { return 127 }
      var status: Int32 = 0
      while waitpid(process, &status, 0) < 0 {
        guard errno == EINTR else { return 127 }
      }
      // WIFSIGNALED, WTERMSIG, WEXITSTATUS
      return status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + status & 0x7F
    }
  }
}

private func runJob(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  guard let argument else { return nil }
  let job = Unmanaged<ChildProgram.Job>.fromOpaque(argument).takeRetainedValue()
  job.continuation.resume(returning: job.execute())
  return nil
}
