#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "tools/data/field.h"

namespace unfold::data {

NLOHMANN_JSON_SERIALIZE_ENUM(FieldKind, {{FieldKind::symbols, "symbols"},
                                         {FieldKind::label, "label"},
                                         {FieldKind::labels, "labels"},
                                         {FieldKind::numbers, "numbers"},
                                         {FieldKind::sequence, "sequence"}})

void to_json(nlohmann::json& json, const FieldSpec& spec) {
  const FieldType& type = spec.type;
  json = {{"name", spec.name},
          {"source", spec.source},
          {"reader", spec.reader},
          {"columns", spec.columns},
          {"kind", type.kind},
          {"axis", type.axis},
          {"full", type.full},
          {"steps", type.steps},
          {"width", type.width},
          {"ids", type.ids},
          {"size_name", type.size_name},
          {"vocabulary", spec.vocabulary},
          {"words", spec.words},
          {"unknown", spec.unknown},
          {"lower", spec.lower},
          {"start", spec.start},
          {"end", spec.end},
          {"weights", spec.weights}};
}

void from_json(const nlohmann::json& json, FieldSpec& spec) {
  FieldType& type = spec.type;
  json.at("name").get_to(spec.name);
  json.at("source").get_to(spec.source);
  json.at("reader").get_to(spec.reader);
  json.at("columns").get_to(spec.columns);
  json.at("kind").get_to(type.kind);
  if (nlohmann::json(type.kind) != json.at("kind"))
    throw Error(fmt::format("the field `{}` has an unknown kind", spec.name));
  json.at("axis").get_to(type.axis);
  json.at("full").get_to(type.full);
  json.at("steps").get_to(type.steps);
  json.at("width").get_to(type.width);
  json.at("ids").get_to(type.ids);
  json.at("size_name").get_to(type.size_name);
  json.at("vocabulary").get_to(spec.vocabulary);
  json.at("words").get_to(spec.words);
  json.at("unknown").get_to(spec.unknown);
  json.at("lower").get_to(spec.lower);
  json.at("start").get_to(spec.start);
  json.at("end").get_to(spec.end);
  json.at("weights").get_to(spec.weights);
}

}  // namespace unfold::data
