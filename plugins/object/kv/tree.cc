// SPDX-License-Identifier: Apache-2.0
#include "plugins/object/kv/tree.h"

#include <algorithm>
#include <cstring>
#include <new>

#include "core/base/digest.h"

namespace parley::kv {

std::uint64_t hash_of(std::string_view key) {
  std::uint64_t mixed = fingerprint(view_of(key));
  mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
  mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
  return (mixed ^ (mixed >> 31)) >> 16;
}

EntryPointer EntryPointer::make(std::string_view key, std::string_view value, std::uint64_t version,
                                std::int64_t deadline_ms) {
  void* const memory = ::operator new(sizeof(Entry) + key.size() + value.size());
  EntryPointer made;
  made.entry_ = new (memory) Entry{};
  made.entry_->key_size_ = static_cast<std::uint32_t>(key.size());
  made.entry_->value_size_ = static_cast<std::uint32_t>(value.size());
  made.entry_->version_ = version;
  made.entry_->deadline_ms_ = deadline_ms;
  char* const text = static_cast<char*>(memory) + sizeof(Entry);
  if (!key.empty()) std::memcpy(text, key.data(), key.size());
  if (!value.empty()) std::memcpy(text + key.size(), value.data(), value.size());
  return made;
}

void EntryPointer::release() noexcept {
  if (entry_ == nullptr || --entry_->owners_ > 0) return;
  entry_->~Entry();
  ::operator delete(entry_);
}

/// The node keeps the upper bits of the hash, which nearly always decide, beside
/// its count; the rest is computed from the key when they do not.
struct Tree::Node {
  std::uint32_t owners = 1;
  std::uint32_t hash_high = 0;
  Node* left = nullptr;
  Node* right = nullptr;
  std::int64_t first_deadline_ms = no_deadline;  ///< Of this and all below.
  EntryPointer entry;

  std::uint64_t hash() const { return hash_of(entry->key()); }

  /// The heap's order: whether this must not be below the other. By a bijection of
  /// the upper bits of the hash (the finaliser of MurmurHash3); where these are
  /// equal, by another hash of the key, so that keys made to collide stay balanced.
  bool outranks(const Node& other) const {
    if (hash_high != other.hash_high) return rank() > other.rank();
    return second_rank() > other.second_rank();
  }
  std::uint32_t rank() const {
    std::uint32_t mixed = hash_high;
    mixed = (mixed ^ (mixed >> 16)) * 0x85EBCA6B;
    mixed = (mixed ^ (mixed >> 13)) * 0xC2B2AE35;
    return mixed ^ (mixed >> 16);
  }
  std::uint64_t second_rank() const {
    Fingerprint sum;
    sum.add(std::uint64_t{0xBB67AE8584CAA73B});
    sum.add(view_of(entry->key()));
    return sum.value();
  }

  static std::int64_t first_deadline_of(const Node* node) {
    return node == nullptr ? no_deadline : node->first_deadline_ms;
  }

  void refresh() {
    first_deadline_ms =
        std::min({entry->deadline_ms(), first_deadline_of(left), first_deadline_of(right)});
  }

  static Node* make(EntryPointer entry, std::uint64_t hash) {
    Node* const node = new Node;
    node->hash_high = static_cast<std::uint32_t>(hash >> 16);
    node->first_deadline_ms = entry->deadline_ms();
    node->entry = std::move(entry);
    return node;
  }

  static Node* share(Node* node) {
    if (node != nullptr) ++node->owners;
    return node;
  }

  /// Effect: what the link holds belongs to it alone.
  static Node& own(Node*& link) {
    if (link->owners == 1) return *link;
    Node* const copy = new Node(*link);
    copy->owners = 1;
    share(copy->left);
    share(copy->right);
    --link->owners;
    link = copy;
    return *copy;
  }

  /// Effect: gives up one share, and all that nobody else holds. Rotates left
  /// children up until there are none, so that a list to the right is deleted: no
  /// memory and no depth are needed. A node without owners is one of that list.
  static void release(Node* node) noexcept {
    if (node == nullptr || --node->owners > 0) return;
    while (node != nullptr) {
      Node* const left = node->left;
      if (left == nullptr) {
        Node* next = node->right;
        delete node;
        if (next != nullptr && next->owners > 0 && --next->owners > 0) next = nullptr;
        node = next;
      } else if (--left->owners > 0) {
        node->left = nullptr;
      } else {
        node->left = left->right;
        left->right = node;
        node = left;
      }
    }
  }
};

namespace {

/// Where a key is or would be.
struct Place {
  explicit Place(std::string_view of) : key(of), hash(hash_of(of)) {}

  /// Negative: before the node.
  template <class Node>
  int compare(const Node& node) const {
    const auto high = static_cast<std::uint32_t>(hash >> 16);
    if (high != node.hash_high) return high < node.hash_high ? -1 : 1;
    const std::string_view other = node.entry->key();
    if (key == other) return 0;
    const std::uint64_t other_hash = node.hash();
    if (hash != other_hash) return hash < other_hash ? -1 : 1;
    return key.compare(other);
  }

  std::string_view key;
  std::uint64_t hash;
};

constexpr std::size_t usual_depth = 64;

/// The nodes from the root to a change, whose first deadlines may have changed.
template <class Node>
class Path {
 public:
  Path() { nodes_.reserve(usual_depth); }
  void push(Node& node) { nodes_.push_back(&node); }
  void refresh() {
    for (auto node = nodes_.rbegin(); node != nodes_.rend(); ++node) (*node)->refresh();
  }

 private:
  std::vector<Node*> nodes_;
};

}  // namespace

Tree::Tree(const Tree& other) noexcept : root_(Node::share(other.root_)), size_(other.size_) {}

Tree::~Tree() {
  Node::release(root_);
}

const Entry* Tree::find(std::string_view key) const {
  const Place place{key};
  const Node* node = root_;
  while (node != nullptr) {
    const int order = place.compare(*node);
    if (order == 0) return node->entry.get();
    node = order < 0 ? node->left : node->right;
  }
  return nullptr;
}

void Tree::put(EntryPointer entry) {
  if (find(entry->key()) != nullptr) {
    replace(std::move(entry));
  } else {
    insert(std::move(entry));
  }
}

void Tree::replace(EntryPointer entry) {
  const Place place{entry->key()};
  Path<Node> path;
  for (Node** link = &root_;;) {
    Node& node = Node::own(*link);
    path.push(node);
    const int order = place.compare(node);
    if (order == 0) {
      const bool same_deadline = node.entry->deadline_ms() == entry->deadline_ms();
      node.entry = std::move(entry);
      if (!same_deadline) path.refresh();
      return;
    }
    link = order < 0 ? &node.left : &node.right;
  }
}

void Tree::insert(EntryPointer entry) {
  const Place place{entry->key()};  // The key lies in the entry, which stays where it is.
  Node* const made = Node::make(std::move(entry), place.hash);
  Node** link = &root_;
  while (*link != nullptr && !made->outranks(**link)) {
    Node& node = Node::own(*link);
    node.first_deadline_ms = std::min(node.first_deadline_ms, made->first_deadline_ms);
    link = place.compare(node) < 0 ? &node.left : &node.right;
  }
  // What was there is cut in two by the new key.
  Node* rest = std::exchange(*link, made);
  Node** before = &made->left;
  Node** after = &made->right;
  Path<Node> path;
  path.push(*made);
  while (rest != nullptr) {
    Node& node = Node::own(rest);
    path.push(node);
    const bool comes_after = place.compare(node) < 0;
    Node**& side = comes_after ? after : before;
    *side = &node;
    side = comes_after ? &node.left : &node.right;
    rest = *side;
  }
  *before = nullptr;
  *after = nullptr;
  path.refresh();
  ++size_;
}

bool Tree::erase(std::string_view key) {
  if (find(key) == nullptr) return false;
  const Place place{key};
  Path<Node> path;
  Node** link = &root_;
  for (int order = place.compare(Node::own(*link)); order != 0;
       order = place.compare(Node::own(*link))) {
    path.push(**link);
    link = order < 0 ? &(*link)->left : &(*link)->right;
  }
  Node* const gone = *link;
  Node* left = std::exchange(gone->left, nullptr);
  Node* right = std::exchange(gone->right, nullptr);
  while (left != nullptr && right != nullptr) {
    const std::int64_t first = std::min(left->first_deadline_ms, right->first_deadline_ms);
    const bool left_is_higher = !right->outranks(*left);
    Node& node = Node::own(left_is_higher ? left : right);
    node.first_deadline_ms = first;
    *link = &node;
    link = left_is_higher ? &node.right : &node.left;
    (left_is_higher ? left : right) = *link;
  }
  *link = left != nullptr ? left : right;
  if (gone->entry->expires()) path.refresh();
  --size_;
  Node::release(gone);  // Last: the key may lie in it.
  return true;
}

const Entry* Tree::first_expired(std::int64_t now_ms) const {
  const Node* node = root_;
  if (Node::first_deadline_of(node) > now_ms) return nullptr;
  while (node != nullptr) {
    if (Node::first_deadline_of(node->left) <= now_ms) {
      node = node->left;
    } else if (node->entry->deadline_ms() <= now_ms) {
      return node->entry.get();
    } else {
      node = node->right;
    }
  }
  return nullptr;
}

std::size_t Tree::expired_count(std::int64_t now_ms) const {
  std::size_t count = 0;
  std::vector<const Node*> open{root_};
  while (!open.empty()) {
    const Node* const node = open.back();
    open.pop_back();
    if (Node::first_deadline_of(node) > now_ms || node == nullptr) continue;
    count += node->entry->deadline_ms() <= now_ms ? 1 : 0;
    open.push_back(node->left);
    open.push_back(node->right);
  }
  return count;
}

Walk::Walk(const Tree& tree, std::uint64_t from) {
  open_.reserve(usual_depth);
  const std::uint64_t high = from >> 16;
  for (const Tree::Node* node = tree.root_; node != nullptr;) {
    const bool included =
        node->hash_high > high || (node->hash_high == high && node->hash() >= from);
    if (included) open_.push_back(node);
    node = included ? node->left : node->right;
  }
}

const Entry* Walk::next() {
  if (open_.empty()) return nullptr;
  const Tree::Node* const node = open_.back();
  open_.pop_back();
  for (const Tree::Node* below = node->right; below != nullptr; below = below->left) {
    open_.push_back(below);
  }
  return node->entry.get();
}

TreeBuilder::~TreeBuilder() {
  if (!spine_.empty()) Tree::Node::release(spine_.front());
}

/// Effect: whatever is deeper on the right spine has all its children.
void TreeBuilder::close(std::size_t keep) {
  while (spine_.size() > keep) {
    spine_.back()->refresh();
    spine_.pop_back();
  }
}

bool TreeBuilder::append(EntryPointer entry) {
  const std::uint64_t hash = hash_of(entry->key());
  if (size_ > 0) {
    const bool in_order = hash > last_hash_ || (hash == last_hash_ && entry->key() > last_->key());
    if (!in_order) return false;
  }
  last_hash_ = hash;
  last_ = entry;
  Tree::Node* const made = Tree::Node::make(std::move(entry), hash);
  std::size_t keep = spine_.size();
  while (keep > 0 && made->outranks(*spine_[keep - 1])) --keep;
  if (keep < spine_.size()) made->left = spine_[keep];
  close(keep);
  if (!spine_.empty()) spine_.back()->right = made;
  spine_.push_back(made);
  ++size_;
  return true;
}

Tree TreeBuilder::finish() {
  Tree tree;
  tree.root_ = spine_.empty() ? nullptr : spine_.front();
  tree.size_ = std::exchange(size_, 0);
  close(0);
  last_ = EntryPointer{};
  return tree;
}

}  // namespace parley::kv
