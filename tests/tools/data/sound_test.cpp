#include "tools/data/sound.h"

#include <nlohmann/json.hpp>

#include "helpers.h"

BOOST_AUTO_TEST_SUITE(data_sound)

using namespace unfold;
using namespace unfold::data;
using namespace unfold::test;
using nlohmann::json;

namespace {

struct Stored {
  std::vector<FieldSpec> fields;
  std::vector<SourceSpec> sources;
};

/// Every kind of field of a table, and those of a task.
Stored stored() {
  const Folder folder;
  folder.write("a.tsv", "w\tn\tc\nab b\t1\tx\nb\t2\ty\n");
  const Source table = open(folder, call("table", {{"", text("a.tsv")}}));
  const Source task = open(folder, call("copy_memory", {{"train", 2.0}}), "task");
  const auto column = [](const char* name) {
    return std::vector<std::pair<std::string, Value>>{{"column", text(name)}};
  };
  std::vector<FieldSpec> fields = {define_field("words", call("words", column("w")), table),
                                   define_field("number", call("number", column("n")), table),
                                   define_field("class", call("class", column("c")), table),
                                   define_field("input", call("input"), task),
                                   define_field("target", call("target"), task)};
  fields.push_back(define_field("tfidf", call("tfidf"), fields[0], table));
  return {fields, {table.spec, task.spec}};
}

/// What is said after `value` is put in place of a property of the field with this number.
std::string changed(std::size_t field, const char* name, const json& value) {
  Stored all = stored();
  json written = all.fields[field];
  written[name] = value;
  std::string message;
  try {
    all.fields[field] = written.get<FieldSpec>();
    require_sound(all.fields, all.sources);
  } catch (const Error& error) {
    message = error.message;
  }
  return message;
}

}  // namespace

BOOST_AUTO_TEST_CASE(what_a_data_block_makes_is_sound) {
  const Stored all = stored();
  require_sound(all.fields, all.sources);
}

BOOST_AUTO_TEST_CASE(what_none_makes_is_refused) {
  BOOST_TEST(changed(0, "vocabulary", json::array()) ==
             "the field `words` has 3 symbols, its vocabulary 0");
  BOOST_TEST(changed(0, "ids", 0) == "the field `words` has 0 numbers and 0 symbols");
  BOOST_TEST(changed(0, "start", true) == "the field `words` has no <start> in its vocabulary");
  BOOST_TEST(changed(0, "source", "x") == "the field `words` has no source `x`");
  BOOST_TEST(changed(0, "reader", "input") ==
             "the field `words` has the reader `input`, which table does not offer");
  BOOST_TEST(changed(0, "kind", "numbers") ==
             "the field `words` has a kind that its reader does not make");
  BOOST_TEST(changed(0, "kind", "nothing") == "the field `words` has an unknown kind");
  BOOST_TEST(changed(0, "axis", "") ==
             "the field `words` has a time axis that does not go with its kind");
  BOOST_TEST(changed(1, "width", 3) == "the field `number` has 3 numbers of 1 columns");
  BOOST_TEST(changed(1, "columns", json::array()) == "the field `number` has no column");
  BOOST_TEST(changed(3, "width", -1) == "the field `input` has -1 numbers and 0 symbols");
  BOOST_TEST(changed(3, "steps", 1'000'000'000'000'000'000) ==
             "the field `input` has 1000000000000000000 steps");
  BOOST_TEST(changed(0, "steps", 7) == "the field `words` has 7 steps");
  BOOST_TEST(changed(5, "weights", {1, 2}) == "the field `tfidf` has 2 weights for 3 symbols");
}

BOOST_AUTO_TEST_SUITE_END()
