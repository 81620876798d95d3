// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/kv/systems.h"

#include <fmt/format.h>
#include <poll.h>

#include <cstdio>
#include <fstream>

#include "tests/e2e/process.h"

namespace parley::bench {
namespace {

constexpr std::size_t replicas = 3;
constexpr auto start_time_max = std::chrono::seconds{20};
constexpr int retry_interval_ms = 20;

std::string output_of(const std::string& command) {
  std::string output;
  std::FILE* const pipe = ::popen((command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) return output;
  char chunk[4096];
  for (std::size_t size; (size = std::fread(chunk, 1, sizeof(chunk), pipe)) > 0;) {
    output.append(chunk, size);
  }
  ::pclose(pipe);
  return output;
}

std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

std::string last_line(const std::filesystem::path& file) {
  std::ifstream in{file};
  std::string last;
  for (std::string line; std::getline(in, line);) {
    if (!line.empty()) last = line;
  }
  return last;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) {
    text += (text.empty() ? "" : " ") + (word.empty() ? "''" : word);
  }
  return text;
}

/// One client, until a first put succeeds or this long.
bool answers(const Target& target, Seconds patience) {
  return run_load(target, {.warm_up = Seconds{0},
                           .duration = patience,
                           .until = [](const Measured& so_far) { return so_far.done > 0; }})
             .done > 0;
}

}  // namespace

System::System(std::string name, MakeProtocol protocol, std::size_t nodes,
               std::filesystem::path directory)
    : name_(std::move(name)), directory_(std::move(directory)), protocol_(protocol) {
  for (std::size_t i = 0; i < nodes; ++i) addresses_.push_back(e2e::free_address());
  children_.resize(nodes);
}

std::optional<std::string> System::start() {
  std::filesystem::create_directories(directory_);
  if (auto error = prepare()) return error;
  for (std::size_t i = 0; i < nodes(); ++i) start_node(i);
  const auto limit = Clock::now() + start_time_max;
  for (std::size_t i = 0; i < nodes();) {
    if (!children_[i].running()) return last_words();
    if (answers(at(i), Seconds{2})) {
      ++i;
    } else if (Clock::now() > limit) {
      return "a put is not answered; " + last_words();
    } else {
      ::poll(nullptr, 0, retry_interval_ms);
    }
  }
  return std::nullopt;
}

void System::start_node(std::size_t node) {
  children_[node] = Child{command(node), directory_ / ("node" + std::to_string(node) + ".log")};
}

void System::stop() {
  for (Child& child : children_) child.kill();
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

std::string System::last_words() const {
  std::string words;
  for (std::size_t i = 0; i < nodes() && words.empty(); ++i) {
    words = last_line(directory_ / ("node" + std::to_string(i) + ".log"));
  }
  return words.empty() ? "nothing in the logs" : words;
}

// --- Parley ---

namespace {

/// Whether the backend takes its epochs from a configuration object.
bool needs_configuration(const std::string& backend) {
  return backend == "chain" || backend == "primary_backup" || backend == "vertical_paxos";
}

std::string object_table(const std::string& name, const std::string& type,
                         const std::string& rest) {
  return "\n[[object]]\nname = \"" + name + "\"\ntype = \"" + type +
         "\"\nmembers = \"replicas\"\n" + rest;
}

}  // namespace

Parley::Parley(const ParleyOptions& options, const std::filesystem::path& directory)
    : System("parley " + options.backend, make_resp, replicas, directory),
      program_((options.build / "bin" / "parley").string()) {
  toml_ = fmt::format("schema = 1\n\n[deployment]\nname = \"kv\"\ndata_dir = \"{}\"\n",
                      (directory / "data").string());
  toml_ += "\n[principals]\n";
  for (std::size_t i = 0; i < replicas; ++i) {
    metrics_.push_back(e2e::free_address());
    toml_ += fmt::format("r{} = {{ address = \"{}\", metrics = \"{}\", resp = \"{}\" }}\n", i + 1,
                         e2e::free_address(), metrics_[i], addresses_[i]);
  }
  toml_ +=
      "\n[groups]\nreplicas = [\"r1\", \"r2\", \"r3\"]\n"
      "\n[[authentication]]\nbetween = \"replicas <-> replicas\"\n"
      "mechanisms = [\"hmac_sha256\"]\n";
  const std::string store = "store = { use = \"" + options.store + "\" }\n";
  std::string backend = "backend = { use = \"" + options.backend + '"';
  // Clients are at all nodes: the lead is not to run after each of them.
  if (options.backend == "multi_paxos") backend += ", pull_moves_leader = false";
  if (!options.backend_keys.empty()) backend += ", " + options.backend_keys;
  backend += " }\n";
  if (needs_configuration(options.backend)) {
    toml_ += object_table("configuration", "configuration",
                          "backend = { use = \"multi_paxos\" }\n" + store);
    backend += "configuration = \"configuration\"\n";
  }
  toml_ += object_table("kv", "kv", backend + store);
  toml_ += "\n[resp]\nobject = \"kv\"\n\n[log]\nlevel = \"warn\"\n";
}

std::string Parley::version() const {
  return first_line(output_of(program_ + " --version"));
}

std::filesystem::path Parley::node_directory(std::size_t node) const {
  return directory_ / "data" / ("r" + std::to_string(node + 1));
}

std::vector<std::string> Parley::command(std::size_t node) const {
  return {program_, "run", (directory_ / "kv.toml").string(), "--node",
          "r" + std::to_string(node + 1)};
}

std::optional<std::string> Parley::prepare() {
  const std::string file = (directory_ / "kv.toml").string();
  std::ofstream{file} << toml_;
  const std::string log = file + ".log";
  const std::string keys = program_ + " keys gen " + file + " >" + log;
  const int status = std::system((keys + " 2>&1").c_str());
  if (status == 0) return std::nullopt;
  std::ifstream in{log};
  return std::string{std::istreambuf_iterator<char>{in}, {}};
}

double Parley::metric(std::size_t node, const std::string& name) const {
  const std::string text = e2e::http(metrics_[node], "GET", "/metrics").body;
  const std::size_t at = text.find('\n' + name + ' ');
  return at == std::string::npos ? 0 : std::stod(text.substr(at + name.size() + 2));
}

double Parley::decided(std::size_t node) const {
  return metric(node, "parley_decided_position{instance=\"kv\"}");
}

std::size_t Parley::leader() {
  const std::string forwarded = "parley_engine_forwarded_total{instance=\"kv\"}";
  for (std::size_t i = 0; i < nodes(); ++i) {
    const double before = metric(i, forwarded);
    run_load(at(i), {.warm_up = Seconds{0}, .duration = Seconds{0.1}});
    if (metric(i, forwarded) == before) return i;
  }
  return 0;
}

std::vector<std::string> backends(const std::filesystem::path& build) {
  std::vector<std::string> found;
  for (const char* name :
       {"multi_paxos", "chain", "primary_backup", "vertical_paxos", "caspaxos"}) {
    const std::string file = std::string{name} + ".so";
    if (std::filesystem::exists(build / "plugins" / "backend" / file)) found.push_back(name);
  }
  return found;
}

// --- etcd ---

namespace {

class EtcdCluster final : public System {
 public:
  explicit EtcdCluster(const std::filesystem::path& directory)
      : System("etcd", make_etcd, replicas, directory) {
    for (std::size_t i = 0; i < replicas; ++i) {
      peers_.push_back("http://" + e2e::free_address());
      cluster_ += fmt::format("{}e{}={}", i == 0 ? "" : ",", i + 1, peers_[i]);
    }
  }

  std::string configuration() const override {
    std::string text;
    for (std::size_t i = 0; i < nodes(); ++i) text += joined(command(i)) + '\n';
    return text;
  }
  std::string version() const override { return first_line(output_of("etcd --version")); }
  std::filesystem::path node_directory(std::size_t node) const override {
    return directory_ / ("e" + std::to_string(node + 1));
  }

  std::size_t leader() override {
    for (std::size_t i = 0; i < nodes(); ++i) {
      const std::string body =
          e2e::http(addresses_[i], "POST", "/v3/maintenance/status", "{}").body;
      const std::string self = field(body, "member_id");
      if (!self.empty() && self == field(body, "leader")) return i;
    }
    return 0;
  }

 private:
  std::vector<std::string> command(std::size_t node) const override {
    const std::string clients = "http://" + addresses_[node];
    return {"etcd",
            "--name=e" + std::to_string(node + 1),
            "--data-dir=" + node_directory(node).string(),
            "--listen-client-urls=" + clients,
            "--advertise-client-urls=" + clients,
            "--listen-peer-urls=" + peers_[node],
            "--initial-advertise-peer-urls=" + peers_[node],
            "--initial-cluster=" + cluster_,
            "--initial-cluster-state=new",
            "--quota-backend-bytes=8589934592",
            "--logger=zap",
            "--log-level=error"};
  }

  /// A number that JSON keeps as text.
  static std::string field(const std::string& body, const std::string& name) {
    const std::string key = '"' + name + "\":\"";
    const std::size_t at = body.find(key);
    if (at == std::string::npos) return {};
    const std::size_t begin = at + key.size();
    return body.substr(begin, body.find('"', begin) - begin);
  }

  std::vector<std::string> peers_;
  std::string cluster_;
};

// --- Redis ---

class Redis final : public System {
 public:
  explicit Redis(const std::filesystem::path& directory)
      : System("redis", make_resp, 1, directory) {}

  std::string configuration() const override { return joined(command(0)) + '\n'; }
  std::string version() const override { return first_line(output_of("redis-server --version")); }
  std::filesystem::path node_directory(std::size_t /*node*/) const override {
    return directory_ / "redis";
  }
  std::size_t leader() override { return 0; }

 private:
  std::vector<std::string> command(std::size_t node) const override {
    const std::string& address = addresses_[node];
    return {"redis-server",
            "--bind",
            "127.0.0.1",
            "--port",
            address.substr(address.rfind(':') + 1),
            "--dir",
            node_directory(node).string(),
            "--appendonly",
            "yes",
            "--appendfsync",
            "always",
            "--save",
            ""};
  }
  std::optional<std::string> prepare() override {
    std::filesystem::create_directories(node_directory(0));
    return std::nullopt;
  }
};

}  // namespace

std::unique_ptr<System> make_etcd_cluster(const std::filesystem::path& directory) {
  return std::make_unique<EtcdCluster>(directory);
}

std::unique_ptr<System> make_redis(const std::filesystem::path& directory) {
  return std::make_unique<Redis>(directory);
}

}  // namespace parley::bench
