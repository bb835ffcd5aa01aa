// The samples of a module as json_exporter writes them: text 0.0.4, families by name, series by their labels' values,
// every label of a family, numbers as Go prints them. Pure.
#pragma once
#include <map>
#include <string>

#include "core/batch.h"
#include "importer/json_exporter.h"

namespace tallyman::importer {

// Of series that come twice the first is kept. Families that `shown` does not know are left out.
std::string answer_text(const SampleBatch& batch, const std::map<std::string, Shown>& shown);

// As Go's strconv writes it with 'g' and the shortest digits: 999999.5, 1e+06, 1e-05.
std::string go_number(double value);

}  // namespace tallyman::importer
