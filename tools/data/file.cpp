#include "tools/data/file.h"

#include <fmt/format.h>
#include <glob.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>

namespace unfold::data {

namespace {

namespace fs = std::filesystem;

std::string resolve(const std::string& path, const fs::path& directory) {
  return (directory / path).lexically_normal().string();
}

std::string read_stream_bytes(std::istream& in) {
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

std::string read_bytes(const std::string& name, const Location& where) {
  std::error_code error;
  const fs::file_status status = fs::status(name, error);
  if (status.type() == fs::file_type::not_found) {
    throw Error(fmt::format("there is no file `{}`", name), where);
  }
  if (status.type() == fs::file_type::directory) {
    throw Error(fmt::format("`{}` is a directory, not a file", name), where);
  }
  if (status.type() == fs::file_type::character) {
    throw Error(fmt::format("`{}` is a device, not a file", name), where);
  }
  errno = 0;
  std::ifstream in(name, std::ios::binary);
  std::string bytes;
  if (in && status.type() == fs::file_type::regular) {
    bytes.resize(fs::file_size(name));
    in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    bytes.resize(static_cast<std::size_t>(in.gcount()));
  } else if (in) {
    bytes = read_stream_bytes(in);
  }
  if (!in.is_open() || in.bad()) {
    throw Error(fmt::format("cannot read `{}`: {}", name, std::strerror(errno)), where);
  }
  return bytes;
}

}  // namespace

DataFile read_data_file(const std::string& path, const fs::path& directory, const Location& where) {
  DataFile file;
  const bool standard = path == "-";
  file.name = standard ? "standard input" : resolve(path, directory);
  file.bytes = standard ? read_stream_bytes(std::cin) : read_bytes(file.name, where);
  file.fingerprint = fingerprint_of(path, file.bytes);
  if (file.bytes.starts_with("\xef\xbb\xbf")) file.bytes.erase(0, 3);
  if (file.bytes.empty()) throw Error(fmt::format("`{}` is empty", file.name), where);
  if (const std::size_t zero = file.bytes.find('\0'); zero != std::string::npos) {
    throw Error(fmt::format("`{}` is not a text: its byte {} is zero", file.name, zero + 1), where);
  }
  return file;
}

std::vector<Match> match_files(const std::string& pattern, const fs::path& directory,
                               const Location& where) {
  const std::size_t star = pattern.find('*');
  if (star == std::string::npos) return {{pattern, ""}};
  if (pattern.find('*', star + 1) != std::string::npos) {
    throw Error(fmt::format("`{}` has more than one `*`", pattern), where);
  }
  std::string escaped;
  for (const char c : resolve(pattern, directory)) {
    if (std::strchr("?[]\\", c) != nullptr) escaped += '\\';
    escaped += c;
  }
  glob_t found = {};
  glob(escaped.c_str(), GLOB_NOSORT, nullptr, &found);
  const std::string absolute = resolve(pattern, directory);
  const std::size_t head = absolute.find('*');
  const std::size_t tail = absolute.size() - head - 1;
  std::vector<Match> matches;
  for (std::size_t i = 0; i < found.gl_pathc; ++i) {
    const std::string name = found.gl_pathv[i];
    const std::string middle = name.substr(head, name.size() - tail - head);
    matches.push_back({pattern.substr(0, star) + middle + pattern.substr(star + 1), middle});
  }
  globfree(&found);
  std::ranges::sort(matches, {}, &Match::path);
  if (matches.empty()) throw Error(fmt::format("no file matches `{}`", absolute), where);
  return matches;
}

}  // namespace unfold::data
