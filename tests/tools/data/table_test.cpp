#include "tools/data/table.h"

#include "helpers.h"

BOOST_AUTO_TEST_SUITE(data_table)

using namespace unfold;
using namespace unfold::data;
using namespace unfold::test;

namespace {

Rows parse(const std::string& bytes, RowFormat format, bool skip_bad = false) {
  Rows rows;
  append_table(rows, {"f", bytes, {}}, format, skip_bad);
  return rows;
}

std::vector<std::string> cells(const Rows& rows) {
  std::vector<std::string> result;
  for (std::int64_t r = 0; r < rows.size(); ++r) {
    for (std::size_t c = 0; c < rows.columns().size(); ++c) result.emplace_back(rows.cell(r, c));
  }
  return result;
}

std::string error(const std::string& bytes, RowFormat format) {
  return error_of([&] { parse(bytes, format); });
}

using Strings = std::vector<std::string>;

}  // namespace

BOOST_AUTO_TEST_CASE(tabs_without_quoting) {
  const Rows rows = parse("a\tb\r\nsay \"hi\"\t1\r\n\té\n\n\n", RowFormat::tsv);
  BOOST_CHECK(rows.columns() == (Strings{"a", "b"}));
  BOOST_CHECK(cells(rows) == (Strings{"say \"hi\"", "1", "", "é"}));
  BOOST_CHECK(rows.where(0, 1) == (Location{"f", 2, 10}));
  BOOST_CHECK(rows.where(1, 1) == (Location{"f", 3, 2}));
}

BOOST_AUTO_TEST_CASE(commas_with_quoting) {
  const Rows rows = parse("a,b\n\"x, \"\"y\"\"\",2\n\"two\r\nlines\",ü3\n,\"\"\n", RowFormat::csv);
  BOOST_CHECK(cells(rows) == (Strings{"x, \"y\"", "2", "two\nlines", "ü3", "", ""}));
  BOOST_CHECK(rows.where(0, 1) == (Location{"f", 2, 12}));
  BOOST_CHECK(rows.where(1, 0) == (Location{"f", 3, 1}));
  BOOST_CHECK(rows.where(1, 1, 2) == (Location{"f", 4, 9}));
}

BOOST_AUTO_TEST_CASE(bad_rows) {
  BOOST_TEST(error("a\tb\n1\t2\n3\n", RowFormat::tsv) ==
             "f:3:1: this row has 1 column, the header has 2");
  BOOST_TEST(error("a,b\n1,2,3\n", RowFormat::csv) ==
             "f:2:1: this row has 3 columns, the header has 2");
  BOOST_TEST(error("a\tb\n1\t2\n\n3\t4\n", RowFormat::tsv) ==
             "f:3:1: this row has 1 column, the header has 2");
  BOOST_TEST(error("a,b\n1,x\"y\"\n", RowFormat::csv) ==
             "f:2:4: a quotation mark within a cell that does not begin with one");
  BOOST_TEST(error("a,b\n1,\"y\" z\n", RowFormat::csv) ==
             "f:2:6: text after the closing quotation mark of a cell");
  BOOST_TEST(error("a,b\n1,\"y\n2,3\n", RowFormat::csv) ==
             "f:2:3: this quotation mark is never closed");
  BOOST_TEST(error("a\tb\né\t\xff\n", RowFormat::tsv) == "f:2:3: byte 0xff is not UTF-8");
  BOOST_TEST(error("a\ta\n1\t2\n", RowFormat::tsv) == "f:1:3: column `a` is in the header twice");
  BOOST_TEST(error("a\t\n1\t2\n", RowFormat::tsv) ==
             "f:1:3: a column without a name in the header");
}

BOOST_AUTO_TEST_CASE(bad_rows_are_told_together) {
  const auto errors = [](const std::string& bytes, RowFormat format) {
    try {
      parse(bytes, format);
    } catch (const BadRows& bad) {
      return bad.errors;
    }
    return std::vector<Error>();
  };
  const auto some = errors("a,b\n1\n1,2\n\"x\" y,2\n1,2,3\n", RowFormat::csv);
  BOOST_TEST_REQUIRE(some.size() == 3u);
  BOOST_CHECK(some[0].where == (Location{"f", 2, 1}));
  BOOST_CHECK(some[1].where == (Location{"f", 4, 4}));
  BOOST_CHECK(some[2].where == (Location{"f", 5, 1}));
  std::string many = "a\tb\n";
  for (int i = 0; i < 300; ++i) many += "1\n";
  BOOST_TEST(errors(many, RowFormat::tsv).size() == BadRows::most);
}

BOOST_AUTO_TEST_CASE(bad_rows_can_be_skipped_and_are_counted) {
  const Rows rows = parse("a,b\n1,2\n3\n4,\"5\" \n6,\xff\n7,8\n", RowFormat::csv, true);
  BOOST_CHECK(cells(rows) == (Strings{"1", "2", "7", "8"}));
  BOOST_TEST(rows.skipped.count == 3);
  BOOST_TEST(rows.skipped.first == "f:3:1: this row has 1 column, the header has 2");
}

BOOST_AUTO_TEST_CASE(cells_that_fields_refuse) {
  const Folder folder;
  folder.write("a.tsv", "w\tn\tc\nab\t1\tx\n\t2\tx\nba\tnan\ty\n");
  folder.write("b.tsv", "w\tn\tc\nabc\t1\tx\nab\t1\tz\n");
  const auto read = [&](bool skip, const char* reader, const char* column, Part part) {
    const Source source = open(
        folder, call("table", {{"", text("a.tsv")}, {"valid", text("b.tsv")}, {"skip_bad", skip}}));
    const FieldSpec spec = define_field("f", call(reader, {{"column", text(column)}}), source);
    return read_examples(source, std::span(&spec, 1), part);
  };
  const auto message = [&](const char* reader, const char* column, Part part) {
    return error_of([&] { read(false, reader, column, part); }, &folder);
  };
  BOOST_TEST(message("characters", "w", Part::train) ==
             "a.tsv:3:1: an empty sequence: no characters in column `w`");
  BOOST_TEST(message("number", "n", Part::train) ==
             "a.tsv:4:4: \"nan\" is not a finite number in column `n`");
  BOOST_TEST(message("characters", "w", Part::valid) ==
             "b.tsv:2:3: character \"c\" in column `w` is not in the vocabulary of `f`; the option "
             "`unknown = true` would take it as <unk>");
  BOOST_TEST(message("class", "c", Part::valid) ==
             "b.tsv:3:6: \"z\" is not a class of `f`: the training part has x, y");
  const Examples kept = read(true, "number", "n", Part::train);
  BOOST_TEST(kept.size() == 2);
  BOOST_TEST(kept.skipped.count == 1);
}

BOOST_AUTO_TEST_CASE(all_rows_that_are_left_out_are_counted) {
  const Folder folder;
  folder.write("a.tsv", "a\tb\n1\t2\n2\tx\n3\n4\t5\ny\t6\n5\t6\n");
  Source source = open(folder, call("table", {{"", text("a.tsv")}, {"skip_bad", true}}));
  const std::vector<FieldSpec> fields = {
      define_field("x", call("number", {{"column", text("a")}}), source),
      define_field("y", call("number", {{"column", text("b")}}), source)};
  leave_out_bad(source, fields, [&] { return fields; });
  BOOST_TEST(source.rows.skipped.count == 3);
  BOOST_TEST(source.rows.skipped.first.ends_with("a.tsv:3:3: \"x\" is not a number in column `b`"));
  BOOST_CHECK((source.selected[0] == std::vector<std::int64_t>{0, 2, 4}));
  const Rows rows = read_rows(source.spec, fields, folder.file("a.tsv"));
  BOOST_TEST(encode_rows(source.spec, rows, fields).skipped.count == 3);
}

BOOST_AUTO_TEST_CASE(rows_that_are_left_out_are_in_no_vocabulary_and_no_part) {
  const Folder folder;
  std::string good, bad;
  for (const char* row : {"a\t1\n", "b\t2\n", "a\t3\n", "b\t4\n"}) good += row;
  bad = "w\tn\nz\t?\n" + good + "y\t\n";
  folder.write("good.tsv", "w\tn\n" + good);
  folder.write("bad.tsv", bad);
  folder.write("valid.tsv", "w\tn\nc\t1\na\t2\na\t!\n");
  const auto read = [&](const char* file, const Value& valid) {
    Source source =
        open(folder, call("table", {{"", text(file)}, {"valid", valid}, {"skip_bad", true}}));
    const auto define = [&] {
      return std::vector{define_field("w", call("class", {{"column", text("w")}}), source),
                         define_field("n", call("number", {{"column", text("n")}}), source)};
    };
    std::vector<FieldSpec> fields = define();
    leave_out_bad(source, fields, [&] { return fields = define(); });
    return std::pair(source, fields);
  };
  const auto [left, fields] = read("bad.tsv", 0.5);
  const auto [whole, whole_fields] = read("good.tsv", 0.5);
  for (const Part part : all_parts) {
    BOOST_TEST(left.size(part) == whole.size(part));
    if (!left.has(part)) continue;
    BOOST_TEST(values_of(read_examples(left, fields, part), 1) ==
               values_of(read_examples(whole, whole_fields, part), 1));
  }
  BOOST_TEST(left.rows.skipped.count == 2);
  BOOST_CHECK(fields[0].vocabulary.symbols() == whole_fields[0].vocabulary.symbols());
  // A class that only the validation part has takes its row out of that.
  const auto [own, own_fields] = read("good.tsv", text("valid.tsv"));
  BOOST_TEST(own.size(Part::train) == 4);
  BOOST_TEST(own.size(Part::valid) == 1);
  BOOST_TEST(own.rows.skipped.count == 2);
}

BOOST_AUTO_TEST_CASE(bad_cells_are_found_beside_broken_rows) {
  const Folder folder;
  folder.write("a.tsv", "n\tc\n1\tx\n2\nbad\tx\n3\ty\tz\n4\tx\n");
  folder.write("b.tsv", "n\tc\n1\ty\n2\n");
  const Source source = open_source(
      "s", call("table", {{"", text("a.tsv")}, {"valid", text("b.tsv")}}), folder.path(), 7);
  BOOST_TEST(source.bad_rows.size() == 3u);
  const std::vector<FieldSpec> fields = {
      define_field("n", call("number", {{"column", text("n")}}), source),
      define_field("c", call("class", {{"column", text("c")}}), source)};
  const std::vector<Error> bad = bad_examples(source, fields, Part::train, 200);
  BOOST_TEST_REQUIRE(bad.size() == 1u);
  BOOST_TEST(bad[0].where.line == 4u);
  // The class y may be that of a broken row.
  BOOST_TEST(bad_examples(source, fields, Part::valid, 200).empty());
  folder.write("all.tsv", "a\tb\n1\n2\n");
  BOOST_CHECK_THROW(open(folder, call("table", {{"", text("all.tsv")}})), BadRows);
}

BOOST_AUTO_TEST_SUITE_END()
